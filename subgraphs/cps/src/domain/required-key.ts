import type { Certificate, KeyStore } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';

/**
 * Refuses a key reference under which the key store does not have the certificate's key.
 *
 * @throws ChargeGraphError KEY_MISMATCH, BAD_INPUT or SIGNER_UNAVAILABLE, naming the field `keyReference`
 */
export async function requireKey(
  keyStore: KeyStore,
  keyReference: string,
  certificate: Certificate,
): Promise<void> {
  const path = ['keyReference'];
  const publicKey = await keyStore.publicKey(keyReference).catch((error: unknown) => {
    if (!(error instanceof ChargeGraphError)) throw error;
    throw new ChargeGraphError(error.code, error.message, { path, cause: error });
  });
  if (!publicKey.equals(certificate.publicKey)) {
    throw new ChargeGraphError('KEY_MISMATCH', 'The key does not belong to the certificate.', { path });
  }
}
