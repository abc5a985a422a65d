import {
  decodeIso20Message,
  decodeMessage,
  encodeIso20Message,
  encodeMessage,
  signCertificateInstallationRes,
  signedElements,
  signIso20CertificateInstallationRes,
  type CertificateChain,
  type Signature,
  type SignedElements,
  type SignedInstallationData,
} from '@chargegraph/iso15118';
import type { Certificate, KeyStore } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { ContractData } from './contract-data.ts';
import type { Namespace, Signer } from './signer.ts';

/** What stands for the SessionID until a car's request gives one; the signature does not cover it. */
const placeholderSessionId = Uint8Array.of(0);

const dersOf = (certificates: readonly Certificate[]) => certificates.map(({ der }) => der);

/** Who signs, with what, and when. */
export interface Signing {
  readonly signer: Signer;
  readonly keyStore: KeyStore;
  readonly now: Date;
}

/**
 * Signs contract data as the CertificateInstallationRes that a car takes (ISO 15118-2, 8.4.3.10.3; ISO 15118-20,
 * V2G_CI_CommonMessages.xsd), with the session id `00`.
 *
 * @param data with its sub-CAs in chain order
 * @returns the message in EXI
 * @throws ChargeGraphError SIGNER_UNAVAILABLE when the key store can't use the signer's key
 */
export async function signInstallationResponse(data: ContractData, signing: Signing): Promise<Uint8Array> {
  const { certificate, subCas, wrappedKey, emaid } = data;
  if (wrappedKey.namespace === 'ISO15118_2') {
    const { encryptedPrivateKey, dhPublicKey } = wrappedKey;
    const elements = signedElements({
      certificate: certificate.der,
      subCertificates: dersOf(subCas),
      encryptedPrivateKey,
      dhPublicKey,
      emaid: emaid.spelling,
    });
    return signIso2(elements, signing);
  }
  const { encryptedPrivateKey, ecdhCurve, dhPublicKey } = wrappedKey;
  return signIso20(
    {
      id: 'ID1',
      contractCertificateChain: { certificate: certificate.der, subCertificates: dersOf(subCas) },
      ecdhCurve,
      dhPublicKey,
      encryptedPrivateKey,
    },
    signing,
  );
}

/** What is signed in a CertificateInstallationRes, whoever signed it. */
export interface SignedParts {
  /** DER. */
  readonly contractCertificate: Uint8Array;
  /** The signature's octets: no two signings have the same, whatever is changed around what they cover. */
  readonly signature: Buffer;
  /** Signs the same elements, unchanged, with another signer: the message in EXI. */
  readonly signAgain: (signing: Signing) => Promise<Uint8Array>;
}

/**
 * Takes a signed CertificateInstallationRes apart.
 *
 * @param exi as {@link signInstallationResponse} gave it
 * @throws Iso15118Error for anything else
 */
export function signedPartsOf(exi: Uint8Array, namespace: Namespace): SignedParts {
  if (namespace === 'ISO15118_2') {
    const { body, header } = decodeMessage(exi);
    if (body.type !== 'CertificateInstallationRes') throw notAResponse(body.type);
    const { contractSignatureCertChain: chain } = body;
    const { id, certificate } = chain;
    if (id === undefined) throw notAResponse('chain without an id');
    const elements: SignedElements = { ...body, contractSignatureCertChain: { ...chain, id } };
    return {
      contractCertificate: certificate,
      signature: signatureOf(header),
      signAgain: (signing) => signIso2(elements, signing),
    };
  }
  const { body, header } = decodeIso20Message(exi);
  if (body.type !== 'CertificateInstallationRes') throw notAResponse(body.type);
  const data = body.signedInstallationData;
  return {
    contractCertificate: data.contractCertificateChain.certificate,
    signature: signatureOf(header),
    signAgain: (signing) => signIso20(data, signing),
  };
}

function signatureOf({ signature }: { readonly signature?: Signature }): Buffer {
  if (signature === undefined) throw notAResponse('message without a signature');
  return Buffer.from(signature.signatureValue);
}

const notAResponse = (what: string) =>
  new ChargeGraphError('EXI_INVALID', `What was signed is a ${what}, not a CertificateInstallationRes.`);

async function signIso2(elements: SignedElements, { signer, keyStore }: Signing): Promise<Uint8Array> {
  const { contractSignatureCertChain, contractSignatureEncryptedPrivateKey, dhPublicKey, emaid } = elements;
  const message = await signCertificateInstallationRes({
    contractSignatureCertChain,
    contractSignatureEncryptedPrivateKey,
    dhPublicKey,
    emaid,
    sessionId: placeholderSessionId,
    responseCode: 'OK',
    saProvisioningCertificateChain: chainOfSigner(signer),
    sign: (octets) => keyStore.sign(signer.keyReference, octets),
  });
  return encodeMessage(message);
}

async function signIso20(
  signedInstallationData: SignedInstallationData,
  { signer, keyStore, now }: Signing,
): Promise<Uint8Array> {
  const message = await signIso20CertificateInstallationRes(
    {
      responseCode: 'OK',
      evseProcessing: 'Finished',
      cpsCertificateChain: chainOfSigner(signer),
      signedInstallationData,
      remainingContractCertificateChains: 0,
    },
    {
      sessionId: placeholderSessionId,
      timeStamp: BigInt(Math.floor(now.getTime() / 1000)),
      signer: { profile: 'P-521', sign: (octets) => keyStore.sign(signer.keyReference, octets) },
    },
  );
  return encodeIso20Message(message);
}

const chainOfSigner = ({ certificate, subCas }: Signer): CertificateChain => ({
  certificate: certificate.der,
  ...(subCas.length > 0 && { subCertificates: dersOf(subCas) }),
});
