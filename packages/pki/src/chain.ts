import { ChargeGraphError } from '@chargegraph/service';
import type { Certificate } from './certificate.ts';
import { checkValidity } from './validity.ts';
import { invalidChain, type ChainFailure, type ChainVerdict, type InvalidChain } from './chain-verdict.ts';
import { LinkCache } from './link-cache.ts';

/** The most sub-CAs a chain may have (SubCertificatesType, ISO 15118-2 annex C). */
export const maximumIntermediates = 4;

/** What {@link verifyChain} is asked. */
export interface ChainQuestion {
  readonly leaf: Certificate;
  /** The sub-CAs in any order; each of them must be part of the path. At most four. */
  readonly intermediates: readonly Certificate[];
  /** The trusted roots. */
  readonly roots: Iterable<Certificate>;
  /** The instant at which the chain has to hold. */
  readonly at: Date;
  /** Lets the leaf's (not the CAs') validity begin in the future, as at publishing and signing. */
  readonly allowFutureLeaf?: boolean;
  /** Where verified signatures are remembered; by default one for the whole process. */
  readonly cache?: LinkCache;
}

interface Context {
  readonly cache: LinkCache;
}

/** Extensions whose meaning is taken into account here or can't restrict a path that names no policy. */
const processedExtensions: ReadonlySet<string> = new Set([
  '2.5.29.14', // subject key identifier
  '2.5.29.15', // key usage
  '2.5.29.17', // subject alternative name
  '2.5.29.19', // basic constraints
  '2.5.29.31', // CRL distribution points
  '2.5.29.32', // certificate policies
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
  '1.3.6.1.5.5.7.1.1', // authority information access
]);

const processCache = new LinkCache();

/**
 * Verifies a certificate chain up to one of `roots` as RFC 5280 clause 6 does, without policies and revocation:
 * dates (from the leaf upwards, before anything else), names and key identifiers, CA flags, key usages, path
 * lengths, signatures, and that the root is one of those given (by fingerprint) and signed by itself.
 *
 * @returns the verdict; a chain that fails, for whatever reason, is a verdict and never an exception
 */
export function verifyChain(question: ChainQuestion): ChainVerdict {
  const { leaf, intermediates, at } = question;
  if (intermediates.length > maximumIntermediates) return invalidChain('TOO_MANY_INTERMEDIATES', leaf);
  let examined = leaf;
  try {
    const allowFuture = question.allowFutureLeaf ?? false;
    for (const certificate of [leaf, ...intermediates]) {
      examined = certificate;
      const failure = checkValidity(certificate, at, { allowFuture: allowFuture && certificate === leaf });
      if (failure !== undefined) return invalidChain(failure, certificate);
      // Read now, so that a malformed extension is this certificate's failure and not its neighbour's.
      const extension = [...certificate.criticalExtensions].find((type) => !processedExtensions.has(type));
      if (extension !== undefined) return invalidChain('CRITICAL_EXTENSION', certificate);
    }
    examined = leaf;
    return findPath(question, { cache: question.cache ?? processCache });
  } catch (error) {
    if (error instanceof ChargeGraphError && error.code === 'CERTIFICATE_INVALID') {
      return invalidChain('MALFORMED', examined);
    }
    throw error;
  }
}

function findPath(question: ChainQuestion, context: Context): ChainVerdict {
  const remaining = new Set(question.intermediates);
  const roots = [...question.roots];
  const path: Certificate[] = [question.leaf];
  let current = question.leaf;
  while (remaining.size > 0) {
    const { issuer, failure } = findIssuer(current, remaining, path.length - 1, context);
    if (issuer === undefined) {
      if (failure !== undefined) return failure;
      const [unused = current] = remaining;
      const leadsToRoot = findIssuer(current, roots, path.length - 1, context).issuer !== undefined;
      return leadsToRoot
        ? invalidChain('UNUSED_INTERMEDIATE', unused)
        : invalidChain('ISSUER_MISSING', current);
    }
    remaining.delete(issuer);
    path.push(issuer);
    current = issuer;
  }
  const { issuer: root, failure } = findIssuer(current, roots, path.length - 1, context);
  // A root of the same name with another key identifier is another root: the right one is not known.
  if (root === undefined && failure?.reason === 'KEY_IDENTIFIER')
    return invalidChain('UNKNOWN_ROOT', current);
  if (root === undefined) return failure ?? invalidChain('UNKNOWN_ROOT', current);
  return checkRoot(root, question.at, context) ?? { valid: true, path: [...path, root], root };
}

interface IssuerSearch {
  readonly issuer?: Certificate;
  /** Why the last candidate of the right name was none, if there was one. */
  readonly failure?: InvalidChain;
}

/** Several CAs can share a name (a renewed key, a cross certificate), so every one of the right name is tried. */
function findIssuer(
  child: Certificate,
  candidates: Iterable<Certificate>,
  casBelow: number,
  context: Context,
): IssuerSearch {
  let failure: InvalidChain | undefined;
  for (const candidate of candidates) {
    if (candidate.subjectKey !== child.issuerKey || candidate.fingerprint === child.fingerprint) continue;
    const reason = checkLink(child, candidate, casBelow, context);
    if (reason === undefined) return { issuer: candidate };
    const blamed = reason === 'SIGNATURE' || reason === 'KEY_IDENTIFIER' ? child : candidate;
    failure = invalidChain(reason, blamed);
  }
  return failure === undefined ? {} : { failure };
}

function checkLink(
  child: Certificate,
  issuer: Certificate,
  casBelow: number,
  { cache }: Context,
): ChainFailure | undefined {
  if (!issuer.isCa) return 'NOT_A_CA';
  if (issuer.pathLength !== undefined && casBelow > issuer.pathLength) return 'PATH_LENGTH';
  if (issuer.keyUsage?.has('keyCertSign') === false) return 'KEY_USAGE';
  const [authority, subject] = [child.authorityKeyIdentifier, issuer.subjectKeyIdentifier];
  if (authority !== undefined && subject !== undefined && authority !== subject) return 'KEY_IDENTIFIER';
  return isSigned(child, issuer, cache) ? undefined : 'SIGNATURE';
}

function checkRoot(root: Certificate, at: Date, { cache }: Context): InvalidChain | undefined {
  const failure = checkValidity(root, at);
  if (failure !== undefined) return invalidChain(failure, root);
  const selfSigned = root.subjectKey === root.issuerKey && isSigned(root, root, cache);
  return selfSigned ? undefined : invalidChain('ROOT_NOT_SELF_SIGNED', root);
}

function isSigned(child: Certificate, issuer: Certificate, cache: LinkCache): boolean {
  if (cache.has(child.fingerprint, issuer.fingerprint)) return true;
  const signed = child.isSignedBy(issuer);
  if (signed) cache.add(child.fingerprint, issuer.fingerprint);
  return signed;
}
