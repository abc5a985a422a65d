import { expect } from 'vitest';
import { toPem, type SubCaBranch } from '@chargegraph/pki';
import { callerWith, day, operator, start, type Harness } from './harness.fixture.ts';

export const v2gMo = callerWith(['MO_V2G_PKI'], ['DEABC']);

const contractCa = `contractCa {
  id namespace providerIds ocspUrl crlUrl retiredAt retirementReason addedAt
  certificate { fingerprint } subCaCertificates { fingerprint } rootCertificate { id } verdict { status }
}`;

export const addContractCa = `mutation ($input: AddContractCaInput!) {
  addContractCa(input: $input) { ${contractCa} userErrors { message path code } }
}`;

export const retireContractCa = `mutation ($input: RetireContractCaInput!) {
  retireContractCa(input: $input) { ${contractCa} userErrors { message path code } }
}`;

export const generateContractData = `mutation ($input: GenerateContractDataInput!) {
  generateContractData(input: $input) {
    signedContractData emaid contract { id } cpsSigner { certificate { fingerprint } }
    contractCertificate { fingerprint pem subject notBefore notAfter serialNumber }
    userErrors { message path code }
  }
}`;

/** What {@link generateContractData} answers. */
export interface Generated {
  readonly signedContractData: string | null;
  readonly emaid: string | null;
  readonly contract: { readonly id: string } | null;
  readonly contractCertificate: {
    readonly fingerprint: string;
    readonly pem: string;
    readonly subject: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly serialNumber: string;
  } | null;
  readonly userErrors: readonly { message: string; path: string[] | null; code: string }[];
}

/** Puts a CA's key into the key store and gives the input with which the operator adds it. */
export async function caInput(harness: Harness, { subCa1, subCa2 }: SubCaBranch) {
  const keyReference = `mo-${subCa2.certificate.fingerprint.slice(0, 16)}`;
  await harness.keyStore.importKey(keyReference, subCa2.privateKey);
  return {
    certificate: toPem(subCa2.certificate),
    subCaCertificates: [toPem(subCa1.certificate)],
    keyReference,
  };
}

/** Adds a CA and gives its id. */
export async function addCa(harness: Harness, branch: SubCaBranch, change: object = {}): Promise<string> {
  const input = { ...(await caInput(harness, branch)), ...change };
  const { data, errors } = await harness.run(operator, addContractCa, { input });
  expect(errors).toBeUndefined();
  const payload = data?.['addContractCa'] as { contractCa: { id: string } | null; userErrors: object[] };
  expect(payload.userErrors).toEqual([]);
  return payload.contractCa?.id ?? '';
}

/** The dates of a contract for a year from tomorrow on. */
export const nextYear = {
  contractBegins: new Date(start.getTime() + day).toISOString(),
  contractEnds: new Date(start.getTime() + 366 * day).toISOString(),
};
