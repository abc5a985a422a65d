import type { Certificate } from './certificate.ts';

/** Every reason for which a chain is refused. */
export const chainFailures = [
  /** `notAfter` has passed. */
  'EXPIRED',
  /** `notBefore` lies ahead. */
  'NOT_YET_VALID',
  /** A signature was not made with its issuer's key. */
  'SIGNATURE',
  /** The authority key identifier is not the issuer's subject key identifier. */
  'KEY_IDENTIFIER',
  /** An issuer has no CA flag. */
  'NOT_A_CA',
  /** More CAs follow below a CA than its path length allows. */
  'PATH_LENGTH',
  /** An issuer's key usage does not include keyCertSign. */
  'KEY_USAGE',
  /** An extension marked critical is not one that is processed (RFC 5280 clause 4.2). */
  'CRITICAL_EXTENSION',
  /** The certificate is malformed beyond its outer structure. */
  'MALFORMED',
  /** The issuer is neither among the intermediates nor among the roots, and intermediates are left over. */
  'ISSUER_MISSING',
  /** The chain ends at an issuer that is not among the roots. */
  'UNKNOWN_ROOT',
  /** A root is not signed by itself. */
  'ROOT_NOT_SELF_SIGNED',
  /** An intermediate is no part of the path. */
  'UNUSED_INTERMEDIATE',
  /** More than four intermediates. */
  'TOO_MANY_INTERMEDIATES',
] as const;

/** One of {@link chainFailures}. */
export type ChainFailure = (typeof chainFailures)[number];

/** A chain that holds. */
export interface ValidChain {
  readonly valid: true;
  /** From the leaf to the root, both included. */
  readonly path: readonly Certificate[];
  /** The root, one of those given. */
  readonly root: Certificate;
}

/** A chain that does not hold. */
export interface InvalidChain {
  readonly valid: false;
  readonly reason: ChainFailure;
  /** Subject of the certificate it fails on, as an RFC 4514 string. */
  readonly certificate: string;
  /** One sentence for people. */
  readonly message: string;
}

/** What a chain is worth. */
export type ChainVerdict = ValidChain | InvalidChain;

const sentences: Readonly<Record<ChainFailure, string>> = {
  EXPIRED: 'has expired',
  NOT_YET_VALID: 'is not valid yet',
  SIGNATURE: 'has a signature that was not made by its issuer',
  KEY_IDENTIFIER: "names a key identifier that is not its issuer's",
  NOT_A_CA: 'issued another certificate and is not a CA',
  PATH_LENGTH: 'has more CAs below it than its path length allows',
  KEY_USAGE: 'issued another certificate and its key usage does not allow that',
  CRITICAL_EXTENSION: 'has a critical extension that is not known',
  MALFORMED: 'is malformed',
  ISSUER_MISSING: 'has an issuer that is neither among the sub-CAs nor among the roots',
  UNKNOWN_ROOT: 'does not lead to a known root',
  ROOT_NOT_SELF_SIGNED: 'is used as a root and is not signed by itself',
  UNUSED_INTERMEDIATE: 'is not part of the chain',
  TOO_MANY_INTERMEDIATES: 'comes with more than four sub-CAs',
};

/** The verdict that a chain fails on `certificate` for `reason`. */
export function invalidChain(reason: ChainFailure, certificate: Certificate): InvalidChain {
  const subject = certificate.subject;
  return {
    valid: false,
    reason,
    certificate: subject,
    message: `The certificate ${subject} ${sentences[reason]}.`,
  };
}
