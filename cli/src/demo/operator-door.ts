import { randomUUID } from 'node:crypto';
import type { GraphTransport } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { toPem, type DemoPki } from '@chargegraph/pki';

const addRootMutation = /* GraphQL */ `
  mutation AddRoot($input: AddRootCertificateInput!) {
    addRootCertificate(input: $input) {
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
  /** The demo PKI's CPS leaf, whose key lies in the key store; one that was retired stays so. */
  addSigner(pki: DemoPki, keyReference: string): Promise<void>;
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
    addSigner: (pki, keyReference) => run('addCpsSigner', addSignerMutation, signerInput(pki, keyReference)),
  };
}

/** `AddCpsSignerInput` for the demo PKI's CPS leaf. */
export function signerInput({ cps }: DemoPki, keyReference: string): object {
  return {
    certificate: toPem(cps.leaf.certificate),
    subCaCertificates: [toPem(cps.subCa2.certificate), toPem(cps.subCa1.certificate)],
    keyReference,
    namespace: 'ISO15118_2',
    makeDefault: true,
  };
}
