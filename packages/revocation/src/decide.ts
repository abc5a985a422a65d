import type { Certificate, RevocationState } from '@chargegraph/pki';
import type {
  CertificateStatus,
  RefusedPath,
  RevocationFinding,
  RevocationPolicy,
} from './revocation-types.ts';

/**
 * Judges certificates by their statuses, both from the leaf upwards: one that is revoked refuses under any policy, one
 * without a verdict under `hard`, and one that names no source never. Of several the one nearest to the root is named,
 * since what hangs on it falls with it.
 */
export function decide(
  certificates: readonly Certificate[],
  statuses: readonly CertificateStatus[],
  policy: RevocationPolicy,
): RevocationFinding {
  for (const refusal of refusedStates(policy)) {
    const index = statuses.findLastIndex(({ status }) => status === refusal);
    const [certificate, status] = [certificates[index], statuses[index]];
    if (certificate !== undefined && status !== undefined) return refuse(certificate, status, statuses);
  }
  return { accepted: true, statuses };
}

/** The states that a policy refuses, the worst first. */
export const refusedStates = (policy: RevocationPolicy): readonly RevocationState[] =>
  policy === 'hard' ? ['REVOKED', 'UNKNOWN'] : policy === 'soft' ? ['REVOKED'] : [];

function refuse(
  certificate: Certificate,
  status: CertificateStatus,
  statuses: readonly CertificateStatus[],
): RefusedPath {
  const { subject } = certificate;
  const refused = { accepted: false, certificate, status, statuses } as const;
  if (status.status !== 'REVOKED') {
    const message = `Whether the certificate ${subject} is revoked could not be found out.`;
    return { ...refused, code: 'UNAVAILABLE', message };
  }
  const held = status.reason === 'certificateHold';
  return {
    ...refused,
    code: 'CERTIFICATE_REVOKED',
    message: `The certificate ${subject} ${held ? 'is on hold' : 'has been revoked'}.`,
  };
}
