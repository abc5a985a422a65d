import { CANONICAL_EXI, ECDSA_SHA256, SHA256 } from '../xmldsig/algorithms.ts';
import type { Reference, Signature, SignedInfo } from '../xmldsig/model.ts';
import { SignerError } from '../xmldsig/signer-error.ts';
import type { Iso2ResponseCode } from './codes.ts';
import { digestFragment, encodeFragment, type Iso2FragmentFields } from './fragment.ts';
import type {
  CertificateChain,
  CertificateInstallationReq,
  CertificateInstallationRes,
  CertificateResponseFields,
  CertificateUpdateReq,
  CertificateUpdateRes,
  Iso2Message,
} from './model.ts';

/**
 * Signs octets with ECDSA on P-256 and SHA-256 (ISO 15118-2, 7.9.2.4) and gives the raw signature, r and s in 32
 * octets each. A function, so that the key may lie in a security module.
 */
export type Sign = (bytes: Uint8Array) => Promise<Uint8Array>;

/** The four elements of a response that its signature covers (ISO 15118-2, 7.9.2.4), each with its Id. */
export interface SignedElements {
  readonly contractSignatureCertChain: CertificateChain & { readonly id: string };
  readonly contractSignatureEncryptedPrivateKey: CertificateResponseFields['contractSignatureEncryptedPrivateKey'];
  readonly dhPublicKey: CertificateResponseFields['dhPublicKey'];
  readonly emaid: CertificateResponseFields['emaid'];
}

/** What a response holds beside its signed elements (ISO 15118-2, 8.4.3). */
export interface ResponseEnvelope {
  readonly sessionId: Uint8Array;
  readonly responseCode: Iso2ResponseCode;
  /** The signer's certificate and its issuers; itself not signed. */
  readonly saProvisioningCertificateChain: CertificateChain;
}

const SIGNATURE_SIZE = 64;

/**
 * Gives contract data the Ids by which the references of a signature name the signed elements (ISO 15118-2,
 * 7.9.2.4), as systems in the field do: ID1 chain, ID2 key, ID3 DH public key, ID4 eMAID.
 */
export function signedElements(contract: {
  readonly certificate: Uint8Array;
  /** The issuers, the leaf's first; left out or 1 to 4. */
  readonly subCertificates?: readonly Uint8Array[];
  readonly encryptedPrivateKey: Uint8Array;
  readonly dhPublicKey: Uint8Array;
  /** 14 or 15 characters, no hyphens, upper case. */
  readonly emaid: string;
}): SignedElements {
  const { certificate, subCertificates } = contract;
  return {
    contractSignatureCertChain:
      subCertificates === undefined
        ? { id: 'ID1', certificate }
        : { id: 'ID1', certificate, subCertificates },
    contractSignatureEncryptedPrivateKey: { id: 'ID2', value: contract.encryptedPrivateKey },
    dhPublicKey: { id: 'ID3', value: contract.dhPublicKey },
    emaid: { id: 'ID4', value: contract.emaid },
  };
}

/**
 * Signs a car's request with its provisioning key (ISO 15118-2, 7.9.2.4).
 * @param fields - `id` is ID1 when left out.
 */
export async function signCertificateInstallationReq(
  fields: Omit<CertificateInstallationReq, 'type' | 'id'> & { readonly id?: string },
  { sessionId, sign }: { readonly sessionId: Uint8Array; readonly sign: Sign },
): Promise<Iso2Message<CertificateInstallationReq>> {
  const body: CertificateInstallationReq = { id: 'ID1', ...fields, type: 'CertificateInstallationReq' };
  const signature = await signReferences([referenceTo('CertificateInstallationReq', body.id, body)], sign);
  return { header: { sessionId, signature }, body };
}

/**
 * Signs a car's request with the key of its present contract (ISO 15118-2, 7.9.2.4); `id` is ID1 when left out.
 */
export async function signCertificateUpdateReq(
  fields: Omit<CertificateUpdateReq, 'type' | 'id'> & { readonly id?: string },
  { sessionId, sign }: { readonly sessionId: Uint8Array; readonly sign: Sign },
): Promise<Iso2Message<CertificateUpdateReq>> {
  const body: CertificateUpdateReq = { id: 'ID1', ...fields, type: 'CertificateUpdateReq' };
  const signature = await signReferences([referenceTo('CertificateUpdateReq', body.id, body)], sign);
  return { header: { sessionId, signature }, body };
}

/** Signs contract data with the key of the provisioning service (ISO 15118-2, 7.9.2.4). */
export async function signCertificateInstallationRes(
  input: SignedElements & ResponseEnvelope & { readonly sign: Sign },
): Promise<Iso2Message<CertificateInstallationRes>> {
  const signature = await signElements(input, input.sign);
  return {
    header: { sessionId: input.sessionId, signature },
    body: { type: 'CertificateInstallationRes', ...fieldsOf(input) },
  };
}

/** The same contract data as the answer to a CertificateUpdateReq (ISO 15118-2, 8.4.3). */
export async function signCertificateUpdateRes(
  input: SignedElements & ResponseEnvelope & { readonly sign: Sign; readonly retryCounter?: number },
): Promise<Iso2Message<CertificateUpdateRes>> {
  const signature = await signElements(input, input.sign);
  const { retryCounter } = input;
  const body: CertificateUpdateRes = { type: 'CertificateUpdateRes', ...fieldsOf(input) };
  return {
    header: { sessionId: input.sessionId, signature },
    body: retryCounter === undefined ? body : { ...body, retryCounter },
  };
}

/**
 * Makes the answer to a CertificateUpdateReq (ISO 15118-2, 8.4.3) of a signed CertificateInstallationRes. The signature covers the four
 * elements and not the message around them, so it stays.
 */
export function toCertificateUpdateRes(
  response: Iso2Message<CertificateInstallationRes>,
  { sessionId, retryCounter }: { readonly sessionId: Uint8Array; readonly retryCounter?: number },
): Iso2Message<CertificateUpdateRes> {
  const body: CertificateUpdateRes = { ...response.body, type: 'CertificateUpdateRes' };
  return {
    header: { ...response.header, sessionId },
    body: retryCounter === undefined ? body : { ...body, retryCounter },
  };
}

/** Signs the four elements alone (ISO 15118-2, 7.9.2.4): chain, key, DH public key, eMAID. */
export async function signElements(elements: SignedElements, sign: Sign): Promise<Signature> {
  const { contractSignatureCertChain, contractSignatureEncryptedPrivateKey, dhPublicKey, emaid } = elements;
  const references = [
    referenceTo('ContractSignatureCertChain', contractSignatureCertChain.id, contractSignatureCertChain),
    referenceTo(
      'ContractSignatureEncryptedPrivateKey',
      contractSignatureEncryptedPrivateKey.id,
      contractSignatureEncryptedPrivateKey,
    ),
    referenceTo('DHpublickey', dhPublicKey.id, dhPublicKey),
    referenceTo('eMAID', emaid.id, emaid),
  ];
  return signReferences(references, sign);
}

function referenceTo<Name extends keyof Iso2FragmentFields>(
  name: Name,
  id: string,
  fields: Iso2FragmentFields[Name],
): Reference {
  return {
    uri: `#${id}`,
    transforms: [{ algorithm: CANONICAL_EXI }],
    digestMethod: SHA256,
    digestValue: digestFragment(name, fields),
  };
}

async function signReferences(references: readonly Reference[], sign: Sign): Promise<Signature> {
  const signedInfo: SignedInfo = {
    canonicalizationMethod: CANONICAL_EXI,
    signatureMethod: ECDSA_SHA256,
    references,
  };
  const signatureValue = await sign(encodeFragment('SignedInfo', signedInfo));
  if (signatureValue.length !== SIGNATURE_SIZE) {
    throw new SignerError(
      'SIGNATURE_SIZE',
      `the signer gave ${String(signatureValue.length)} octets, not ${String(SIGNATURE_SIZE)}`,
    );
  }
  return { signedInfo, signatureValue };
}

function fieldsOf(input: SignedElements & ResponseEnvelope): CertificateResponseFields {
  return {
    responseCode: input.responseCode,
    saProvisioningCertificateChain: input.saProvisioningCertificateChain,
    contractSignatureCertChain: input.contractSignatureCertChain,
    contractSignatureEncryptedPrivateKey: input.contractSignatureEncryptedPrivateKey,
    dhPublicKey: input.dhPublicKey,
    emaid: input.emaid,
  };
}
