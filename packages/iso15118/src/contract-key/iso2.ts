import {
  createCipheriv,
  createDecipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  KeyObject,
  randomBytes,
} from 'node:crypto';
import { ContractKeyError } from './error.ts';
import { p256Point, p256PointOfScalar, p256PublicKey, p256Scalar, requireP256 } from './p256.ts';

/** A contract's private key as a response carries it (ISO 15118-2, 7.9.2.4). */
export interface WrappedContractKey {
  /** 48 octets: the initialisation vector and the encrypted private number. */
  readonly encryptedPrivateKey: Uint8Array;
  /** 65 octets: the ephemeral public key as an uncompressed point. */
  readonly dhPublicKey: Uint8Array;
}

const IV_SIZE = 16;
const WRAPPED_SIZE = 48;
const SESSION_KEY_SIZE = 16;
const CIPHER = 'aes-128-cbc';
/** Counter 1 of the concatenation KDF (NIST SP 800-56A, 5.8.1). */
const KDF_COUNTER = Uint8Array.of(0, 0, 0, 1);
/** Its OtherInfo: the algorithm's id 01, and the parties' ids "U" and "V". */
const KDF_OTHER_INFO = Uint8Array.of(0x01, 0x55, 0x56);

/**
 * Encrypts a contract's private key for one car (ISO 15118-2, 7.9.2.4; NIST SP 800-56A): ECDH of an ephemeral P-256 key and the car's provisioning key,
 * the concatenation KDF with SHA-256, AES-128-CBC without padding under a random vector.
 * @param input.privateKey - The key, or its private number in 32 octets.
 * @param input.oemPublicKey - The public key of the car's provisioning certificate.
 * @throws {@link ContractKeyError} when a key is not one of P-256.
 */
export function wrapContractKey(input: {
  readonly privateKey: KeyObject | Uint8Array;
  readonly oemPublicKey: KeyObject;
}): WrappedContractKey {
  const scalar = input.privateKey instanceof KeyObject ? p256Scalar(input.privateKey) : input.privateKey;
  p256PointOfScalar(scalar);
  requireP256(input.oemPublicKey);
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const iv = randomBytes(IV_SIZE);
  const cipher = createCipheriv(CIPHER, sessionKey(ephemeral.privateKey, input.oemPublicKey), iv);
  cipher.setAutoPadding(false);
  const encryptedPrivateKey = new Uint8Array(Buffer.concat([iv, cipher.update(scalar), cipher.final()]));
  return { encryptedPrivateKey, dhPublicKey: p256Point(ephemeral.publicKey) };
}

/**
 * What the car does with it (ISO 15118-2, 7.9.2.4): the private number, in 32 octets. AES-CBC has no check of its own, so a key that
 * was wrapped for another car comes out as some other number: prove it with `contractKeyFits`.
 * @throws {@link ContractKeyError} when a length is wrong, the point is not on the curve, or what comes out is
 *   no private number of P-256.
 */
export function unwrapContractKey(
  input: WrappedContractKey & { readonly oemPrivateKey: KeyObject },
): Uint8Array {
  const { encryptedPrivateKey, oemPrivateKey } = input;
  if (encryptedPrivateKey.length !== WRAPPED_SIZE) {
    throw new ContractKeyError('LENGTH', `the encrypted private key has not ${String(WRAPPED_SIZE)} octets`);
  }
  requireP256(oemPrivateKey);
  if (oemPrivateKey.type !== 'private') throw new ContractKeyError('KEY_TYPE', 'a private key is needed');
  const key = sessionKey(oemPrivateKey, p256PublicKey(input.dhPublicKey));
  const decipher = createDecipheriv(CIPHER, key, encryptedPrivateKey.subarray(0, IV_SIZE));
  decipher.setAutoPadding(false);
  const scalar = new Uint8Array(
    Buffer.concat([decipher.update(encryptedPrivateKey.subarray(IV_SIZE)), decipher.final()]),
  );
  p256PointOfScalar(scalar);
  return scalar;
}

/**
 * Whether octets can be the DHpublickey of a response: an uncompressed point on P-256 (SEC 1, 2.3.4).
 */
export function isP256Point(octets: Uint8Array): boolean {
  try {
    p256PublicKey(octets);
    return true;
  } catch {
    return false;
  }
}

function sessionKey(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
  const sharedSecret = diffieHellman({ privateKey, publicKey });
  const digest = createHash('sha256')
    .update(KDF_COUNTER)
    .update(sharedSecret)
    .update(KDF_OTHER_INFO)
    .digest();
  return digest.subarray(0, SESSION_KEY_SIZE);
}
