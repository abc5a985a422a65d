import {
  checkPathProfile,
  checkValidity,
  verifyChain,
  warningsOf,
  type Certificate,
  type ChainFailure,
  type ProfileStrictness,
  type ValidChain,
} from '@chargegraph/pki';
import { requireAccepted, requireNoneRevoked, type OperationRevocation } from '@chargegraph/revocation';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { Namespace } from './provisioning-certificate.ts';
import type { Submission } from './submission.ts';

/** A chain that was accepted. */
export interface AcceptedChain {
  /** The one that issued the car's certificate first. */
  readonly subCas: readonly Certificate[];
  readonly root: Certificate;
  /** In what it departs from the certificate profile without being refused, one sentence each. */
  readonly warnings: readonly string[];
}

const editions: Readonly<Record<Namespace, '-2' | '-20'>> = { ISO15118_2: '-2', ISO15118_20: '-20' };

/**
 * Checks the dates of what was sent, from the car's certificate upwards. The car's certificate may begin later.
 *
 * @throws ChargeGraphError CERTIFICATE_EXPIRED, or CERTIFICATE_INVALID for a sub-CA that is not valid yet
 */
export function checkDates(submission: Submission, now: Date): void {
  for (const certificate of [submission.leaf, ...submission.subCas]) {
    const failure = checkValidity(certificate, now, { allowFuture: certificate === submission.leaf });
    if (failure === undefined) continue;
    throw refusal(submission, failure, certificate, `${named(certificate)} ${sentences[failure]}.`);
  }
}

const sentences = { EXPIRED: 'has expired', NOT_YET_VALID: 'is not valid yet' };

/** What a chain is accepted by. */
export interface Acceptance {
  readonly now: Date;
  readonly profile: ProfileStrictness;
  readonly revocation: Pick<OperationRevocation, 'judge' | 'counting'>;
}

/**
 * Verifies the chain up to one of the roots that RCP holds, makes sure that nothing of it is revoked, and holds each
 * certificate sent against the profile of its generation: curve, signature algorithm, size, CA flag and path length
 * have to fit, the rest is a warning unless `profile` is `strict`.
 *
 * By the rules' order the status comes before the chain. But only a chain that ends at a held root has anybody asked:
 * of another one every certificate, and whom it names to be asked, may be made up. So there a certificate is refused
 * first for what is known of it already.
 *
 * @throws ChargeGraphError CERTIFICATE_REVOKED, UNAVAILABLE (no verdict, under `hard`); CERTIFICATE_EXPIRED (the root),
 *   ROOT_UNKNOWN, CHAIN_INVALID, CERTIFICATE_INVALID
 */
export async function acceptChain(
  submission: Submission,
  trustedRoots: readonly Certificate[],
  { now, profile, revocation }: Acceptance,
): Promise<AcceptedChain> {
  const certificates = [submission.leaf, ...submission.subCas];
  const fieldOf = (certificate: Certificate) => submission.fieldOf(certificate);
  let verdict: ValidChain;
  try {
    verdict = verifiedChain(submission, trustedRoots, now);
  } catch (error) {
    requireNoneRevoked(certificates, await revocation.counting(certificates), fieldOf);
    throw error;
  }
  requireAccepted(await revocation.judge(verdict.path), fieldOf);
  const subCas = verdict.path.slice(1, -1);
  return { subCas, root: verdict.root, warnings: checkProfiles(submission, verdict, profile) };
}

/** @throws ChargeGraphError CERTIFICATE_EXPIRED (the root), ROOT_UNKNOWN, CHAIN_INVALID, CERTIFICATE_INVALID */
function verifiedChain(submission: Submission, trustedRoots: readonly Certificate[], now: Date): ValidChain {
  const { leaf } = submission;
  const top = topmost(submission.subCas) ?? leaf;
  const issuers = trustedRoots.filter((root) => mayHaveIssued(root, top));
  // A root that was renewed under the same key is there twice: the one that has ended does not count.
  const current = issuers.filter((root) => checkValidity(root, now) === undefined);
  const [ended] = issuers;
  if (ended !== undefined && current.length === 0) {
    const failure = checkValidity(ended, now) ?? 'EXPIRED';
    throw refusal(submission, failure, ended, `${named(ended)} ${sentences[failure]}.`);
  }

  const verdict = verifyChain({
    leaf,
    intermediates: submission.subCas,
    roots: current,
    at: now,
    allowFutureLeaf: true,
  });
  if (!verdict.valid) {
    const blamed = [leaf, ...submission.subCas].find(({ subject }) => subject === verdict.certificate);
    throw refusal(submission, verdict.reason, blamed, verdict.message);
  }
  return verdict;
}

/** The sub-CA that none of the others issued. */
function topmost(subCas: readonly Certificate[]): Certificate | undefined {
  return (
    subCas.find((ca) => !subCas.some((other) => other !== ca && other.subjectKey === ca.issuerKey)) ??
    subCas.at(-1)
  );
}

/** Says nothing about the signature: of another root with the same name it is only the key that differs. */
function mayHaveIssued(root: Certificate, child: Certificate): boolean {
  const [authority, subject] = [child.authorityKeyIdentifier, root.subjectKeyIdentifier];
  const otherKey = authority !== undefined && subject !== undefined && authority !== subject;
  return root.subjectKey === child.issuerKey && !otherKey;
}

function checkProfiles(
  submission: Submission,
  { path, root }: ValidChain,
  profile: ProfileStrictness,
): string[] {
  const edition = editions[submission.namespace];
  const findings = checkPathProfile(path.slice(0, -1), 'OEM_LEAF', { edition, profile, root });
  const hard = findings.find(({ severity }) => severity === 'hard');
  if (hard !== undefined) {
    throw refusal(submission, 'MALFORMED', hard.certificate, `${named(hard.certificate)}: ${hard.message}`);
  }
  return warningsOf(findings);
}

const named = (certificate: Certificate) => `The certificate ${certificate.subject}`;

const codes: Partial<Record<ChainFailure, ErrorCode>> = {
  EXPIRED: 'CERTIFICATE_EXPIRED',
  NOT_YET_VALID: 'CERTIFICATE_INVALID',
  MALFORMED: 'CERTIFICATE_INVALID',
  CRITICAL_EXTENSION: 'CERTIFICATE_INVALID',
  UNKNOWN_ROOT: 'ROOT_UNKNOWN',
};

function refusal(
  submission: Submission,
  reason: ChainFailure,
  blamed: Certificate | undefined,
  message: string,
): ChargeGraphError {
  const field = blamed && submission.fieldOf(blamed);
  return new ChargeGraphError(
    codes[reason] ?? 'CHAIN_INVALID',
    message,
    field === undefined ? {} : { path: [field] },
  );
}
