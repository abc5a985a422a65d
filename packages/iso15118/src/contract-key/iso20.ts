import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  KeyObject,
  randomBytes,
  timingSafeEqual,
  X509Certificate,
} from 'node:crypto';
import { parsePcid } from '../identifiers/pcid.ts';
import type { EcdhCurve } from '../iso20/codes.ts';
import type { EncryptedPrivateKey } from '../iso20/model.ts';
import { isOnCurve, pointOf, pointOfScalar, publicKeyOfPoint, scalarOf } from './ec-curve.ts';
import { ContractKeyError } from './error.ts';
import { P521 } from './p521.ts';
import { subjectKeyIdentifierOf } from './subject-key-identifier.ts';
import { isX448, X448_KEY_SIZE, x448DhPublicKey, x448Octets, x448PrivateKey, x448PublicKey } from './x448.ts';

/** A contract's private key as SignedInstallationData of ISO 15118-20 carries it: three of its fields. */
export interface WrappedIso20ContractKey {
  /** The curve of the key agreement, which is that of the car's key. */
  readonly ecdhCurve: EcdhCurve;
  /** The ephemeral public key: 133 octets on P-521, 57 for X448. */
  readonly dhPublicKey: Uint8Array;
  /** Initialisation vector, encrypted key and tag: 94 octets for a key on P-521, 84 for one of X448. */
  readonly encryptedPrivateKey: EncryptedPrivateKey;
}

/**
 * What the encryption is bound to, so that it opens for this car and this contract only (ISO 15118-20,
 * [V2G20-2492]).
 */
export interface Iso20ContractKeyBinding {
  /** The PCID of the car. */
  readonly pcid: string;
  /** The contract certificate: DER, with a subjectKeyIdentifier. */
  readonly contractCertificate: Uint8Array;
}

const IV_SIZE = 12;
const TAG_SIZE = 16;
const SESSION_KEY_SIZE = 32;
const CIPHER = 'aes-256-gcm';
/** Counter 1 of the concatenation KDF (NIST SP 800-56A, 5.8.1). */
const KDF_COUNTER = Uint8Array.of(0, 0, 0, 1);
/** Its OtherInfo ([V2G20-2535]): the algorithm's id 01, and the parties' ids "U" and "V". */
const KDF_OTHER_INFO = Uint8Array.of(0x01, 0x55, 0x56);

/**
 * Encrypts a contract's private key for one car (ISO 15118-20, 7.9.2.5.2): key agreement of an ephemeral key and the
 * car's provisioning key on P-521 or X448, the concatenation KDF with SHA-512 ([V2G20-2535]), AES-256-GCM (NIST
 * SP 800-38D) under a random vector of 12 octets with a tag of 16 ([V2G20-2494], [V2G20-2497] to [V2G20-2502]).
 *
 * How it was checked: no public implementation does all that the clauses say, so each part is checked against one
 * that does it. Counter, shared secret and OtherInfo are as in EcoG-io/iso15118, which derives the key of
 * ISO 15118-2 so with ConcatKDFHash of pyca/cryptography; the known answers in `golden/iso20.json` were computed
 * with that function, for SHA-512 and 32 octets, and with its AESGCM, and what is wrapped here was unwrapped with
 * them. Curve, hash, the first 32 octets of it, vector, key and tag are as in OpenChargingCloud/WWCP_ISO15118, which
 * leaves out OtherInfo and the additional data, against [V2G20-2535] and [V2G20-2492].
 * @param input.privateKey - A key on P-521 or of X448; or its private number in 66 octets, or its 56 octets in the
 *   order of RFC 7748.
 * @param input.oemPublicKey - The public key of the car's provisioning certificate, on P-521; or its alternative
 *   one, of X448.
 * @throws {@link ContractKeyError} when a key is none of these or the certificate has no subjectKeyIdentifier.
 * @throws IdentifierError when the PCID is none.
 */
export function wrapIso20ContractKey(
  input: Iso20ContractKeyBinding & {
    readonly privateKey: KeyObject | Uint8Array;
    readonly oemPublicKey: KeyObject;
  },
): WrappedIso20ContractKey {
  const aad = additionalData(input);
  const octets = input.privateKey instanceof KeyObject ? octetsOf(input.privateKey) : input.privateKey;
  const kind = kindOf(octets);
  const ecdhCurve = curveOf(input.oemPublicKey);
  const ephemeral =
    ecdhCurve === 'X448' ? generateKeyPairSync('x448') : generateKeyPairSync('ec', { namedCurve: 'P-521' });
  const iv = randomBytes(IV_SIZE);
  const cipher = createCipheriv(CIPHER, sessionKey(ephemeral.privateKey, input.oemPublicKey), iv, {
    authTagLength: TAG_SIZE,
  });
  cipher.setAAD(aad);
  const parts = [iv, cipher.update(octets), cipher.final(), cipher.getAuthTag()];
  return {
    ecdhCurve,
    dhPublicKey:
      ecdhCurve === 'X448' ? x448DhPublicKey(ephemeral.publicKey) : pointOf(P521, ephemeral.publicKey),
    encryptedPrivateKey: { kind, value: new Uint8Array(Buffer.concat(parts)) },
  };
}

/**
 * What the car does with it (ISO 15118-20): the private number in 66 octets or the X448 key in 56. AES-GCM notices a
 * key that was wrapped for another car or contract; that it belongs to the certificate is still for
 * `iso20ContractKeyFits` ([V2G20-2507], [V2G20-2510]).
 * @throws {@link ContractKeyError} when a length is wrong, the DH public key is none, the tag does not hold, or
 *   what comes out is no private key ([V2G20-2678]: its first seven bits are 0).
 * @throws IdentifierError when the PCID is none.
 */
export function unwrapIso20ContractKey(
  input: WrappedIso20ContractKey & Iso20ContractKeyBinding & { readonly oemPrivateKey: KeyObject },
): Uint8Array {
  const { kind, value } = input.encryptedPrivateKey;
  if (kind === 'TPM') throw new ContractKeyError('KEY_TYPE', 'only the TPM can unwrap a key wrapped for it');
  const size = IV_SIZE + (kind === 'X448' ? X448_KEY_SIZE : P521.scalarSize) + TAG_SIZE;
  if (value.length !== size) {
    throw new ContractKeyError('LENGTH', `the encrypted private key has not ${String(size)} octets`);
  }
  if (curveOf(input.oemPrivateKey) !== input.ecdhCurve || input.oemPrivateKey.type !== 'private') {
    throw new ContractKeyError('KEY_TYPE', `a private key of ${input.ecdhCurve} is needed`);
  }
  const aad = additionalData(input);
  const ephemeral =
    input.ecdhCurve === 'X448' ? x448PublicKey(input.dhPublicKey) : publicKeyOfPoint(P521, input.dhPublicKey);
  const octets = decrypt(sessionKey(input.oemPrivateKey, ephemeral), aad, value);
  if (kind === 'SECP521') pointOfScalar(P521, octets);
  return octets;
}

/**
 * Whether a private key belongs to a certificate on P-521 (RFC 5480) or with an X448 key (RFC 7748): the proof that
 * an unwrapped key is the right one. False also for octets that are no private key and for a certificate that does
 * not parse.
 * @param certificate - DER, or its public key.
 */
export function iso20ContractKeyFits(octets: Uint8Array, certificate: Uint8Array | KeyObject): boolean {
  try {
    const key = certificate instanceof KeyObject ? certificate : new X509Certificate(certificate).publicKey;
    return isX448(key)
      ? timingSafeEqual(x448DhPublicKey(createPublicKey(x448PrivateKey(octets))), x448DhPublicKey(key))
      : timingSafeEqual(pointOfScalar(P521, octets), pointOf(P521, key));
  } catch {
    return false;
  }
}

/**
 * The curve of a DHPublicKey of SignedInstallationData (ISO 15118-20, [V2G20-2489], [V2G20-2495]): an uncompressed
 * point on P-521, or a public key of X448; undefined for octets that are neither.
 */
export function ecdhCurveOf(dhPublicKey: Uint8Array): EcdhCurve | undefined {
  try {
    if (dhPublicKey.length > X448_KEY_SIZE + 1) {
      publicKeyOfPoint(P521, dhPublicKey);
      return 'SECP521';
    }
    x448PublicKey(dhPublicKey);
    return 'X448';
  } catch {
    return undefined;
  }
}

/** The PCID, then the contract certificate's key identifier in upper-case hexadecimal ([V2G20-2492]). */
function additionalData({ pcid, contractCertificate }: Iso20ContractKeyBinding): Uint8Array {
  const identifier = Buffer.from(subjectKeyIdentifierOf(contractCertificate)).toString('hex').toUpperCase();
  return Buffer.from(parsePcid(pcid) + identifier, 'latin1');
}

function octetsOf(key: KeyObject): Uint8Array {
  return isX448(key) ? x448Octets(key) : scalarOf(P521, key);
}

function kindOf(octets: Uint8Array): 'SECP521' | 'X448' {
  if (octets.length === X448_KEY_SIZE) return 'X448';
  pointOfScalar(P521, octets);
  return 'SECP521';
}

function curveOf(key: KeyObject): EcdhCurve {
  if (isX448(key)) return 'X448';
  if (isOnCurve(P521, key)) return 'SECP521';
  throw new ContractKeyError('KEY_TYPE', 'the key is neither on P-521 nor one of X448');
}

/** [V2G20-2535]; for X448 the shared secret is in the order of RFC 7748. */
function sessionKey(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  let sharedSecret: Uint8Array;
  try {
    sharedSecret = diffieHellman({ privateKey, publicKey });
  } catch {
    // OpenSSL refuses X448 keys that lead to a shared secret of zeros (RFC 7748, 6.2).
    throw new ContractKeyError('POINT', 'the DH public key gives no shared secret');
  }
  const digest = createHash('sha512')
    .update(KDF_COUNTER)
    .update(sharedSecret)
    .update(KDF_OTHER_INFO)
    .digest();
  return digest.subarray(0, SESSION_KEY_SIZE);
}

function decrypt(key: Uint8Array, aad: Uint8Array, value: Uint8Array): Uint8Array {
  const tagStart = value.length - TAG_SIZE;
  const decipher = createDecipheriv(CIPHER, key, value.subarray(0, IV_SIZE), { authTagLength: TAG_SIZE });
  decipher.setAAD(aad);
  decipher.setAuthTag(value.subarray(tagStart));
  try {
    const octets = [decipher.update(value.subarray(IV_SIZE, tagStart)), decipher.final()];
    return new Uint8Array(Buffer.concat(octets));
  } catch {
    throw new ContractKeyError('AUTHENTICATION', 'the key was wrapped for another car or contract');
  }
}
