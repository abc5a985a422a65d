import { KeyObject, verify as verifyOctets, X509Certificate } from 'node:crypto';
import type { SignatureProblem } from '../iso2/verify.ts';
import { namedCurve } from '../key-octets.ts';
import { CANONICAL_EXI } from '../xmldsig/algorithms.ts';
import type { Reference, Signature, SignedInfo } from '../xmldsig/model.ts';
import { encodeIso20Fragment } from './fragment.ts';
import type { Iso20Body, Iso20Message } from './model.ts';
import { iso20SignatureProfiles, type Iso20SignatureProfile } from './signature-profiles.ts';
import { signedPartOf } from './signed-part.ts';
import type { Iso20Variant } from './variants.ts';

/** The verdict on the signature of a message of ISO 15118-20 (XML Signature 3.2). */
export interface Iso20SignatureVerdict {
  /**
   * True only when everything holds: the element that must be signed is referenced once and nothing else is, the
   * digest and the signature are right, and the algorithms and the key are all of one profile.
   */
  readonly valid: boolean;
  /** For each reference's URI whether its digest is that of the element with this Id. */
  readonly digests: Readonly<Record<string, boolean>>;
  /** Whether the signature over SignedInfo is the given key's. */
  readonly signature: boolean;
  /** Deviations that were accepted: `p256-profile`, `iso20-signed-info`. */
  readonly variants: readonly Iso20Variant[];
  /** What makes it invalid, each once; empty exactly when it is valid. */
  readonly problems: readonly SignatureProblem[];
}

const profiles = Object.values(iso20SignatureProfiles);

/**
 * Verifies the signature in a message's header (ISO 15118-20, 7.9.2.4). It says nothing about whether the signer's
 * certificate is to be trusted.
 * @param publicKey - The signer's key, or its certificate (DER), which `iso20SignerCertificateOf` takes from the
 *   message.
 */
export function verifyIso20MessageSignature(
  message: Iso20Message,
  publicKey: KeyObject | Uint8Array,
): Iso20SignatureVerdict {
  const { signature } = message.header;
  if (signature === undefined) {
    return { valid: false, digests: {}, signature: false, variants: [], problems: ['unsigned'] };
  }
  const { signedInfo } = signature;
  const problems = new Set<SignatureProblem>();
  const variants: Iso20Variant[] = [];
  const digests = checkReferences(message.body, signedInfo.references, problems);
  const profile = profiles.find(({ signatureMethod }) => signatureMethod === signedInfo.signatureMethod);
  if (profile === undefined || !keepsTo(profile, signedInfo)) problems.add('algorithm');
  if (profile === iso20SignatureProfiles['P-256']) variants.push('p256-profile');
  const matches =
    profile !== undefined && checkSignatureValue(signature, profile, publicKey, variants, problems);
  return { valid: problems.size === 0, digests, signature: matches, variants, problems: [...problems] };
}

function checkReferences(
  body: Iso20Body,
  references: readonly Reference[],
  problems: Set<SignatureProblem>,
): Record<string, boolean> {
  const part = signedPartOf(body);
  const digests = new Map<string, boolean>();
  for (const { uri, digestMethod, digestValue } of references) {
    const refersToPart = uri === `#${part.id}`;
    if (!refersToPart) problems.add('unknown-reference');
    if (uri === undefined) continue;
    if (digests.has(uri)) problems.add('duplicate-reference');
    const hash = profiles.find((profile) => profile.digestMethod === digestMethod)?.hash;
    const matches =
      refersToPart && hash !== undefined && Buffer.compare(part.digest(hash), digestValue) === 0;
    if (!matches) problems.add('digest-mismatch');
    // Of two references to the element both must hold.
    digests.set(uri, matches && digests.get(uri) !== false);
  }
  if (!digests.has(`#${part.id}`)) problems.add('element-not-referenced');
  return Object.fromEntries(digests);
}

function keepsTo(profile: Iso20SignatureProfile, signedInfo: SignedInfo): boolean {
  return (
    signedInfo.canonicalizationMethod === CANONICAL_EXI &&
    signedInfo.references.every(
      ({ digestMethod, transforms }) =>
        digestMethod === profile.digestMethod &&
        transforms?.length === 1 &&
        transforms[0]?.algorithm === CANONICAL_EXI &&
        transforms[0].xpath === undefined,
    )
  );
}

function checkSignatureValue(
  { signedInfo, signatureValue }: Signature,
  { hash, curve }: Iso20SignatureProfile,
  publicKey: KeyObject | Uint8Array,
  variants: Iso20Variant[],
  problems: Set<SignatureProblem>,
): boolean {
  const key = readKey(publicKey);
  if (key === undefined || namedCurve(key) !== curve) {
    problems.add('signer-key');
    return false;
  }
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  if (verifyOctets(hash, encodeIso20Fragment('SignedInfo', signedInfo), options, signatureValue)) return true;
  const alternative = encodeIso20Fragment('SignedInfo(iso20 schema)', signedInfo);
  if (verifyOctets(hash, alternative, options, signatureValue)) {
    variants.push('iso20-signed-info');
    return true;
  }
  problems.add('signature-mismatch');
  return false;
}

function readKey(publicKey: KeyObject | Uint8Array): KeyObject | undefined {
  try {
    return publicKey instanceof KeyObject ? publicKey : new X509Certificate(publicKey).publicKey;
  } catch {
    return undefined;
  }
}
