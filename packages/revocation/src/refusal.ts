import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import { decide } from './decide.ts';
import type { CertificateStatus, RevocationFinding } from './revocation-types.ts';

/**
 * Refuses a path that was found to hold what is revoked.
 *
 * @param fieldOf the input field that a certificate came in, if it came in one
 * @throws ChargeGraphError CERTIFICATE_REVOKED; UNAVAILABLE for what has no verdict under `hard`: try again
 */
export function requireAccepted(
  finding: RevocationFinding,
  fieldOf: (certificate: Certificate) => string | undefined,
): void {
  if (finding.accepted) return;
  const field = fieldOf(finding.certificate);
  const options = field === undefined ? {} : { path: [field] };
  throw new ChargeGraphError(finding.code, finding.message, options);
}

/**
 * Refuses certificates of which it is known already that they are revoked, whatever became of their chain.
 *
 * @param known by fingerprint
 * @throws ChargeGraphError CERTIFICATE_REVOKED
 */
export function requireNoneRevoked(
  certificates: readonly Certificate[],
  known: ReadonlyMap<string, CertificateStatus>,
  fieldOf: (certificate: Certificate) => string | undefined,
): void {
  const looked = certificates.filter(({ fingerprint }) => known.has(fingerprint));
  const statuses = looked.flatMap(({ fingerprint }) => known.get(fingerprint) ?? []);
  requireAccepted(decide(looked, statuses, 'soft'), fieldOf);
}
