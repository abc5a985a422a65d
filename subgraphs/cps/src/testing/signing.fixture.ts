import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  decodeMessage,
  signerCertificateOf,
  verifyMessageSignature,
  wrapContractKey,
  type CertificateInstallationRes,
} from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  parseCertificate,
  toPem,
  verifyChain,
  type Certificate,
  type DemoPki,
  type IssuedCertificate,
  type SubCaBranch,
} from '@chargegraph/pki';
import { day, start } from './harness.fixture.ts';

export const signContractData = `
  mutation ($input: SignContractDataInput!) {
    signContractData(input: $input) {
      signedContractData
      emaid
      cpsSigner { certificate { fingerprint } }
      contract { __typename id }
      warnings
      userErrors { message path code }
    }
  }`;

/** What {@link signContractData} answers. */
export interface SignResult {
  readonly signedContractData: string | null;
  readonly emaid: string | null;
  readonly cpsSigner: { readonly certificate: { readonly fingerprint: string } } | null;
  readonly contract: { readonly __typename: string; readonly id: string } | null;
  readonly warnings: readonly string[];
  readonly userErrors: readonly { message: string; path: string[] | null; code: string }[];
}

/** A mutation's input, as JSON. */
export interface SignInput {
  readonly contractCertificate: string;
  readonly subCaCertificates: readonly string[];
  readonly encryptedPrivateKey: string;
  readonly dhPublicKey: string;
  readonly pcid?: string;
  readonly store?: boolean;
  readonly namespace?: string;
  readonly v2gRootFingerprint?: string;
}

/** What a contract is made of in a test. */
export interface ContractRequest {
  readonly emaid: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Under the MO's own root unless given. */
  readonly issuer?: SubCaBranch;
  /** For this car's key; some other by default. */
  readonly oemPublicKey?: KeyObject;
}

/** Issues a contract certificate and gives the input with which an MO has it signed. */
export async function contractInput(pki: DemoPki, request: ContractRequest): Promise<SignInput> {
  const issuer = request.issuer ?? pki.mo;
  const contract = await issueContractCertificate(issuer.subCa2, {
    emaid: request.emaid,
    notBefore: request.notBefore ?? start,
    notAfter: request.notAfter ?? new Date(start.getTime() + 365 * day),
  });
  return inputOf(contract, issuer, request.oemPublicKey);
}

/** The input for a contract certificate that is there already, its key newly wrapped. */
export function inputOf(
  contract: IssuedCertificate,
  issuer: SubCaBranch,
  oemPublicKey?: KeyObject,
): SignInput {
  return {
    contractCertificate: toPem(contract.certificate),
    subCaCertificates: [toPem(issuer.subCa1.certificate), toPem(issuer.subCa2.certificate)],
    ...newlyWrapped(contract.privateKey, oemPublicKey),
  };
}

/** A contract's private key wrapped for a car, under a new ephemeral key. */
export function newlyWrapped(privateKey: KeyObject, oemPublicKey?: KeyObject) {
  const wrapped = wrapContractKey({
    privateKey,
    oemPublicKey: oemPublicKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
  });
  return {
    encryptedPrivateKey: Buffer.from(wrapped.encryptedPrivateKey).toString('base64'),
    dhPublicKey: Buffer.from(wrapped.dhPublicKey).toString('base64'),
  };
}

/** What a car finds out about signed contract data. */
export interface CarsView {
  readonly body: CertificateInstallationRes;
  readonly sessionId: Uint8Array;
  readonly signatureValid: boolean;
  /** The roots that the provisioning service's and the contract's chains end at; undefined for a broken chain. */
  readonly cpsRoot: Certificate | undefined;
  readonly contractRoot: Certificate | undefined;
}

/** Looks at signed contract data as a car does, with these roots installed. */
export function readAsCar(signedContractData: string, roots: readonly Certificate[]): CarsView {
  const message = decodeMessage(Buffer.from(signedContractData, 'base64'));
  const { body, header } = message;
  if (body.type !== 'CertificateInstallationRes') throw new Error(`a ${body.type} was signed`);
  const rootOf = ({ certificate, subCertificates = [] }: typeof body.contractSignatureCertChain) => {
    const intermediates = subCertificates.map((der) => parseCertificate(der));
    const verdict = verifyChain({ leaf: parseCertificate(certificate), intermediates, roots, at: start });
    return verdict.valid ? verdict.root : undefined;
  };
  return {
    body,
    sessionId: header.sessionId,
    signatureValid: verifyMessageSignature(message, signerCertificateOf(body)).valid,
    cpsRoot: rootOf(body.saProvisioningCertificateChain),
    contractRoot: rootOf(body.contractSignatureCertChain),
  };
}
