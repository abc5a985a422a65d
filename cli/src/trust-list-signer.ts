import { openTrustListSigner, type EncryptedFileKeyStore, type IssuingCa } from '@chargegraph/pki';
import type { Clock } from '@chargegraph/service';

/** The signer of trust lists beside a key store, opened once, when it is first asked for. */
export function trustListSignerOf(
  keys: { readonly folder: string; readonly keyStore: EncryptedFileKeyStore },
  clock: Clock,
): () => Promise<IssuingCa> {
  let opened: Promise<IssuingCa> | undefined;
  return () => {
    if (opened === undefined) {
      opened = openTrustListSigner(keys, clock.now());
      // What failed may have been put right by the next call.
      opened.catch(() => (opened = undefined));
    }
    return opened;
  };
}
