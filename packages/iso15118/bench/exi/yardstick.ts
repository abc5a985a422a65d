import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { Operation } from './measure.ts';

/** Signatures to rotate over. */
const COUNT = 64;

/**
 * What the speed of everything else is given as a multiple of, so that machines can be compared: `crypto.verify` of
 * ECDSA on P-256 with SHA-256, with a prebuilt KeyObject and raw r and s. The signed octets are as few as a digest has,
 * so that next to nothing of the time goes into hashing them.
 */
export function createYardstick(): Operation {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = Array.from({ length: COUNT }, () => {
    const octets = randomBytes(32);
    return { octets, signature: sign('sha256', octets, { key: privateKey, dsaEncoding: 'ieee-p1363' }) };
  });
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const run = (times: number): number => {
    let valid = 0;
    for (let index = 0; index < times; index++) {
      const row = signed[index % COUNT];
      if (row !== undefined && verify('sha256', row.octets, options, row.signature)) valid++;
    }
    return valid;
  };
  return { name: 'crypto.verify P-256', run };
}
