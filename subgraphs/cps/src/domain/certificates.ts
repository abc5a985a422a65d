import {
  checkPathProfile,
  checkProfile,
  parseCertificate,
  verifyChain,
  warningsOf,
  type Certificate,
  type CertificateRole,
  type ProfileCode,
  type ProfileStrictness,
  type ValidChain,
} from '@chargegraph/pki';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import { inDatesFirst } from '@chargegraph/trust';
import type { Edition } from './edition.ts';

const subCaField = 'subCaCertificates';

/**
 * Reads the certificate of the input field `field`.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID naming the field
 */
export function readCertificate(input: string, field: string): Certificate {
  try {
    return parseCertificate(input);
  } catch (cause) {
    const message = `Invalid certificate format on ${field}`;
    throw new ChargeGraphError('CERTIFICATE_INVALID', message, { path: [field], cause });
  }
}

/** The input field that a certificate of a signer's or CA's chain came in. */
export const fieldOf = (leaf: Certificate) => (certificate: Certificate) =>
  certificate === leaf ? 'certificate' : subCaField;

/**
 * Reads the input's sub-CAs.
 *
 * @throws ChargeGraphError BAD_INPUT for fewer than `least` or more than the edition allows, CERTIFICATE_INVALID
 */
export function readSubCas(
  inputs: readonly string[],
  least: 0 | 1,
  { maximumSubCas }: Pick<Edition, 'maximumSubCas'>,
): Certificate[] {
  if (inputs.length < least || inputs.length > maximumSubCas) {
    const message = `Give ${String(least)} to ${String(maximumSubCas)} sub-CA certificates.`;
    throw new ChargeGraphError('BAD_INPUT', message, { path: [subCaField] });
  }
  return inputs.map((input) => readCertificate(input, subCaField));
}

/**
 * Refuses a leaf that departs from its role's profile in what is not tolerated.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID naming the field
 */
export function requireLeafProfile(
  leaf: Certificate,
  role: CertificateRole,
  field: string,
  edition: Edition,
): void {
  requireProfile(leaf, { role, field, edition, matters: () => true });
}

/** How many CAs may follow is the chain's to decide: it is not known which place each sub-CA takes in it. */
const judgedByChain: ReadonlySet<ProfileCode> = new Set(['PATH_LENGTH']);

/**
 * Refuses sub-CAs that depart from the profile in what is not tolerated: key, signature algorithm, name, size, CA
 * flag.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID
 */
export function requireSubCaProfiles(
  subCas: readonly Certificate[],
  edition: Edition,
  field = subCaField,
): void {
  const matters = (code: ProfileCode) => !judgedByChain.has(code);
  for (const subCa of subCas) requireProfile(subCa, { role: 'SUB_CA_2', field, edition, matters });
}

interface Requirement {
  readonly role: CertificateRole;
  readonly field: string;
  readonly edition: Edition;
  readonly matters: (code: ProfileCode) => boolean;
}

function requireProfile(certificate: Certificate, requirement: Requirement): void {
  const { field, matters } = requirement;
  const hard = findings(certificate, requirement).find(
    ({ severity, code }) => severity === 'hard' && matters(code),
  );
  if (hard === undefined) return;
  const message = `${certificate.subject}: ${hard.message}`;
  throw new ChargeGraphError('CERTIFICATE_INVALID', message, { path: [field] });
}

function findings(certificate: Certificate, { role, field, edition }: Requirement) {
  try {
    return checkProfile(certificate, role, { edition: edition.profile });
  } catch (error) {
    if (!(error instanceof ChargeGraphError)) throw error;
    throw new ChargeGraphError(error.code, error.message, { path: [field], cause: error });
  }
}

/** A chain to be verified. */
export interface PresentedChain {
  readonly leaf: Certificate;
  /** The input field the leaf came in. */
  readonly leafField: string;
  readonly subCas: readonly Certificate[];
  readonly roots: readonly Certificate[];
  /** The instant at which all but the leaf have to be valid; the leaf's validity may begin later. */
  readonly at: Date;
}

/**
 * Verifies signatures, dates, constraints and root of what was presented.
 *
 * @throws ChargeGraphError CERTIFICATE_EXPIRED, ROOT_UNKNOWN, CERTIFICATE_INVALID or CHAIN_INVALID
 */
export function requireChain({ leaf, leafField, subCas, roots, at }: PresentedChain): ValidChain {
  const verdict = verifyChain({
    leaf,
    intermediates: subCas,
    roots: inDatesFirst(roots, at),
    at,
    allowFutureLeaf: true,
  });
  if (verdict.valid) return verdict;
  const codes: Partial<Record<typeof verdict.reason, ErrorCode>> = {
    EXPIRED: 'CERTIFICATE_EXPIRED',
    UNKNOWN_ROOT: 'ROOT_UNKNOWN',
    MALFORMED: 'CERTIFICATE_INVALID',
  };
  throw new ChargeGraphError(codes[verdict.reason] ?? 'CHAIN_INVALID', verdict.message, {
    path: [verdict.certificate === leaf.subject ? leafField : subCaField],
  });
}

/** A chain whose certificates are compared with the profile of their places. */
export interface JudgedChain {
  readonly certificate: Certificate;
  /** The one that issued {@link certificate} first. */
  readonly subCas: readonly Certificate[];
  readonly root: Certificate;
  /** Undefined for a CA. */
  readonly role: CertificateRole | undefined;
  readonly edition: Edition;
}

/** In what a verified chain departs from the profile (ISO 15118-2 annex F) without being refused, one sentence each. */
export function profileWarnings({ certificate, subCas, root, role, edition }: JudgedChain): string[] {
  const findings = checkPathProfile([certificate, ...subCas], role, { edition: edition.profile, root });
  return warningsOf(findings.filter(({ code }) => !judgedByChain.has(code)));
}

/**
 * Refuses what is only a warning otherwise, if the service is strict.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID naming the field of the chain's leaf, or of its sub-CAs
 */
export function requireStrictProfile(chain: JudgedChain, profile: ProfileStrictness, field: string): void {
  const [warning] = profile === 'strict' ? profileWarnings(chain) : [];
  if (warning === undefined) return;
  const path = [warning.startsWith(`${chain.certificate.subject}: `) ? field : subCaField];
  throw new ChargeGraphError('CERTIFICATE_INVALID', warning, { path });
}
