import { sign as signOctets, type KeyObject } from 'node:crypto';
import { requireP256 } from '../contract-key/p256.ts';
import type { Sign } from './sign.ts';

/**
 * A {@link Sign} with a key at hand: ECDSA on P-256 with SHA-256 (ISO 15118-2, 7.9.2.4).
 * @throws ContractKeyError `KEY_TYPE` when the key is not on P-256.
 */
export function signWith(privateKey: KeyObject): Sign {
  requireP256(privateKey);
  return (bytes) =>
    new Promise((resolve, reject) => {
      signOctets('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }, (error, signature) => {
        if (error === null) resolve(new Uint8Array(signature));
        else reject(error);
      });
    });
}
