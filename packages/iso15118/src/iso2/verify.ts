import { KeyObject, verify as verifyOctets, X509Certificate } from 'node:crypto';
import { requireP256 } from '../contract-key/p256.ts';
import { CANONICAL_EXI, ECDSA_SHA256, SHA256 } from '../xmldsig/algorithms.ts';
import type { Reference, Signature } from '../xmldsig/model.ts';
import { encodeFragment } from './fragment.ts';
import type { Iso2Message } from './model.ts';
import { signedPartsOf, unsignedIdsOf, type SignedPart } from './signed-parts.ts';
import type { Iso2Variant } from './variants.ts';

/** Why a signature is not valid by ISO 15118-2, 7.9.2.4; several may apply. */
export type SignatureProblem =
  | 'unsigned'
  | 'signer-key'
  | 'algorithm'
  | 'digest-mismatch'
  | 'signature-mismatch'
  | 'element-not-referenced'
  | 'unknown-reference'
  | 'duplicate-reference'
  | 'duplicate-id';

/** The verdict on a message's signature (ISO 15118-2, 7.9.2.4). */
export interface SignatureVerdict {
  /**
   * True only when everything holds: each element that must be signed is referenced once and nothing else is,
   * every digest and the signature are right, the algorithms are the standard's, and no Id occurs twice.
   */
  readonly valid: boolean;
  /** For each reference's URI whether its digest is that of the element with this Id. */
  readonly digests: Readonly<Record<string, boolean>>;
  /** Whether the signature over SignedInfo is the given key's. */
  readonly signature: boolean;
  /** Deviations that were accepted: `strict-emaid`, `iso2-signed-info`. */
  readonly variants: readonly Iso2Variant[];
  /** What makes it invalid, each once; empty exactly when it is valid. */
  readonly problems: readonly SignatureProblem[];
}

/**
 * Verifies the signature in a message's header (ISO 15118-2, 7.9.2.4). It says nothing about whether the signer's
 * certificate is to be trusted.
 * @param publicKey - The signer's key, or its certificate (DER), which `signerCertificateOf` takes from the message.
 */
export function verifyMessageSignature(
  message: Iso2Message,
  publicKey: KeyObject | Uint8Array,
): SignatureVerdict {
  const { signature } = message.header;
  if (signature === undefined) {
    return { valid: false, digests: {}, signature: false, variants: [], problems: ['unsigned'] };
  }
  const problems = new Set<SignatureProblem>();
  const variants: Iso2Variant[] = [];
  const digests = checkReferences(message, signature.signedInfo.references, variants, problems);
  if (!hasExpectedAlgorithms(signature)) problems.add('algorithm');
  const matches = checkSignatureValue(signature, publicKey, variants, problems);
  return { valid: problems.size === 0, digests, signature: matches, variants, problems: [...problems] };
}

function checkReferences(
  { body }: Iso2Message,
  references: readonly Reference[],
  variants: Iso2Variant[],
  problems: Set<SignatureProblem>,
): Record<string, boolean> {
  const parts = signedPartsOf(body);
  const ids = [...parts.map((part) => part.id).filter((id) => id !== undefined), ...unsignedIdsOf(body)];
  if (new Set(ids).size !== ids.length) problems.add('duplicate-id');

  const digests = new Map<string, boolean>();
  for (const { uri, digestValue } of references) {
    const part = parts.find(({ id }) => id !== undefined && uri === `#${id}`);
    if (uri === undefined || part === undefined) problems.add('unknown-reference');
    if (uri === undefined) continue;
    if (digests.has(uri)) problems.add('duplicate-reference');
    const matches = part !== undefined && checkDigest(part, digestValue, variants);
    if (!matches) problems.add('digest-mismatch');
    // Of two references to one element both must hold.
    digests.set(uri, matches && digests.get(uri) !== false);
  }
  if (!parts.every(({ id }) => id !== undefined && digests.has(`#${id}`)))
    problems.add('element-not-referenced');
  return Object.fromEntries(digests);
}

function checkDigest(part: SignedPart, digestValue: Uint8Array, variants: Iso2Variant[]): boolean {
  if (Buffer.compare(part.digest(), digestValue) === 0) return true;
  if (part.strictDigest === undefined || Buffer.compare(part.strictDigest(), digestValue) !== 0) return false;
  if (!variants.includes('strict-emaid')) variants.push('strict-emaid');
  return true;
}

function hasExpectedAlgorithms({ signedInfo }: Signature): boolean {
  return (
    signedInfo.canonicalizationMethod === CANONICAL_EXI &&
    signedInfo.signatureMethod === ECDSA_SHA256 &&
    signedInfo.references.every(
      ({ digestMethod, transforms }) =>
        digestMethod === SHA256 &&
        transforms?.length === 1 &&
        transforms[0]?.algorithm === CANONICAL_EXI &&
        transforms[0].xpath === undefined,
    )
  );
}

function checkSignatureValue(
  { signedInfo, signatureValue }: Signature,
  publicKey: KeyObject | Uint8Array,
  variants: Iso2Variant[],
  problems: Set<SignatureProblem>,
): boolean {
  const key = readKey(publicKey);
  if (key === undefined) {
    problems.add('signer-key');
    return false;
  }
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  if (verifyOctets('sha256', encodeFragment('SignedInfo', signedInfo), options, signatureValue)) return true;
  if (
    verifyOctets('sha256', encodeFragment('SignedInfo(iso2 schema)', signedInfo), options, signatureValue)
  ) {
    variants.push('iso2-signed-info');
    return true;
  }
  problems.add('signature-mismatch');
  return false;
}

/** The key when it can have made an ISO 15118-2 signature: a public key on P-256. */
function readKey(publicKey: KeyObject | Uint8Array): KeyObject | undefined {
  try {
    const key = publicKey instanceof KeyObject ? publicKey : new X509Certificate(publicKey).publicKey;
    requireP256(key);
    return key;
  } catch {
    return undefined;
  }
}
