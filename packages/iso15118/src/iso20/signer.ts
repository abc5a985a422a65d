import { sign as signOctets, type KeyObject } from 'node:crypto';
import { ContractKeyError } from '../contract-key/error.ts';
import type { Sign } from '../iso2/sign.ts';
import { namedCurve } from '../key-octets.ts';
import { iso20SignatureProfiles, type Iso20SignatureProfileName } from './signature-profiles.ts';

/** Whoever signs a message of ISO 15118-20: with which algorithms, and how. The key may lie in a security module. */
export interface Iso20Signer {
  readonly profile: Iso20SignatureProfileName;
  /** Signs octets with ECDSA and the profile's hash and gives the raw signature, r and s (XML Signature 6.4.3). */
  readonly sign: Sign;
}

/**
 * A signer with a key at hand, on P-521 as ISO 15118-20 has it, or on P-256 (ISO 15118-2).
 * @throws ContractKeyError `KEY_TYPE` when the key is on neither curve.
 */
export function signIso20With(privateKey: KeyObject): Iso20Signer {
  const profile = profileOf(privateKey);
  const { hash } = iso20SignatureProfiles[profile];
  return {
    profile,
    sign: (bytes) =>
      new Promise((resolve, reject) => {
        signOctets(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }, (error, signature) => {
          if (error === null) resolve(new Uint8Array(signature));
          else reject(error);
        });
      }),
  };
}

function profileOf(key: KeyObject): Iso20SignatureProfileName {
  const curve = namedCurve(key);
  if (curve === iso20SignatureProfiles['P-521'].curve) return 'P-521';
  if (curve === iso20SignatureProfiles['P-256'].curve) return 'P-256';
  throw new ContractKeyError('KEY_TYPE', 'the key is neither on P-521 nor on P-256');
}
