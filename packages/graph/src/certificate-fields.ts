import { toPem, type Certificate } from '@chargegraph/pki';

/** A certificate as the schema's `Certificate` type shows it. */
export interface CertificateFields {
  readonly fingerprint: string;
  readonly pem: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Reads the fields of the schema's `Certificate` type off a certificate. */
export function certificateFields(certificate: Certificate): CertificateFields {
  return {
    fingerprint: certificate.fingerprint,
    pem: toPem(certificate),
    subject: certificate.subject,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

/** A verdict as the schema's `CertificateVerdict` type shows it. */
export interface CertificateVerdictFields {
  readonly status: 'VALID' | 'NOT_YET_VALID' | 'EXPIRED' | 'INVALID_CHAIN';
  readonly reasons: readonly string[];
  readonly source: 'CHAIN';
  readonly checkedAt: Date;
}

/**
 * The verdict on a chain that was verified when it was published, by the dates as of now.
 *
 * @param chain leaf first; the first certificate that is out of its dates decides
 * @param checkedAt when signatures, constraints and root were verified
 * @param warnings what the chain departs from the rules in without being refused, one sentence each
 */
export function verdictOfDates(
  chain: readonly Certificate[],
  now: Date,
  checkedAt: Date,
  warnings: readonly string[] = [],
): CertificateVerdictFields {
  const expired = chain.filter((certificate) => certificate.notAfter.getTime() <= now.getTime());
  const early = chain.filter((certificate) => certificate.notBefore.getTime() > now.getTime());
  return {
    status: expired.length > 0 ? 'EXPIRED' : early.length > 0 ? 'NOT_YET_VALID' : 'VALID',
    reasons: [
      ...expired.map(({ subject, notAfter }) => `${subject} ended on ${notAfter.toISOString()}.`),
      ...early.map(({ subject, notBefore }) => `${subject} is not valid before ${notBefore.toISOString()}.`),
      ...warnings,
    ],
    source: 'CHAIN',
    checkedAt,
  };
}
