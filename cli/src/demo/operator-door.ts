import { randomUUID } from 'node:crypto';
import type { GraphTransport } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { toPem, type DemoPki } from '@chargegraph/pki';
import { demoKeys, type Edition } from './keys.ts';

const addRootMutation = /* GraphQL */ `
  mutation AddRoot($input: AddRootCertificateInput!) {
    addRootCertificate(input: $input) {
      userErrors {
        message
      }
    }
  }
`;

const addContractCaMutation = /* GraphQL */ `
  mutation AddContractCa($input: AddContractCaInput!) {
    addContractCa(input: $input) {
      userErrors {
        message
      }
    }
  }
`;

const addSignerMutation = /* GraphQL */ `
  mutation AddSigner($input: AddCpsSignerInput!) {
    addCpsSigner(input: $input) {
      userErrors {
        message
        code
      }
    }
  }
`;

/** What the operator does on the graph to set an ecosystem up. */
export interface OperatorDoor {
  addRoot(certificate: string, type: 'V2G' | 'OEM' | 'MO'): Promise<void>;
  /** See {@link signerInput}. */
  addSigner(input: object): Promise<void>;
  /** See {@link contractCaInput}. */
  addContractCa(input: object): Promise<void>;
}

const operator: Caller = {
  clientId: 'chargegraph-start',
  organisation: 'chargegraph',
  roles: new Set(['OPERATOR']),
  wmis: new Set(),
  providerIds: new Set(),
};

/** The operator's mutations, carried out by the command itself through the same graph that its partners use. */
export function operatorDoor(transport: GraphTransport): OperatorDoor {
  const run = async (field: string, query: string, input: object): Promise<void> => {
    const response = await transport({
      query,
      variables: { input },
      context: { caller: operator, traceId: randomUUID(), deadline: Date.now() + 15_000, hops: 0 },
    });
    const payload = response.data?.[field] as
      { userErrors: { message: string; code?: string }[] } | undefined;
    const refusal = payload?.userErrors.find(({ code }) => code !== 'CONFLICT');
    const message = response.errors?.[0]?.message ?? refusal?.message;
    if (message !== undefined) throw new Error(`${field}: ${message}`);
  };
  return {
    addRoot: (certificate, type) => run('addRootCertificate', addRootMutation, { certificate, type }),
    addSigner: (input) => run('addCpsSigner', addSignerMutation, input),
    addContractCa: (input) => run('addContractCa', addContractCaMutation, input),
  };
}

const namespaces = { iso2: 'ISO15118_2', iso20: 'ISO15118_20' } as const;

/** `AddCpsSignerInput` for a demo PKI's CPS leaf. */
export function signerInput({ cps }: DemoPki, keyReference: string, edition: Edition = 'iso2'): object {
  return {
    certificate: toPem(cps.leaf.certificate),
    subCaCertificates: [toPem(cps.subCa2.certificate), toPem(cps.subCa1.certificate)],
    keyReference,
    namespace: namespaces[edition],
    makeDefault: true,
  };
}

/** `AddContractCaInput` for a demo PKI's second MO sub-CA under the V2G root. */
export function contractCaInput({ v2gMo }: DemoPki, edition: Edition): object {
  return {
    certificate: toPem(v2gMo.subCa2.certificate),
    subCaCertificates: [toPem(v2gMo.subCa1.certificate)],
    keyReference: demoKeys[edition].contractCa,
    namespace: namespaces[edition],
  };
}
