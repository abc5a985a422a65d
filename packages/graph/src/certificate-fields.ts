import {
  namesNoSource,
  namesSource,
  toPem,
  type Certificate,
  type RevocationReason,
  type RevocationStatus,
} from '@chargegraph/pki';

/** A certificate as the schema's `Certificate` type shows it. */
export interface CertificateFields {
  readonly fingerprint: string;
  readonly pem: string;
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** What the others were read off. */
  readonly parsed: Certificate;
}

const knownFields = new WeakMap<Certificate, CertificateFields>();

/** Reads the fields of the schema's `Certificate` type off a certificate, once. */
export function certificateFields(certificate: Certificate): CertificateFields {
  let fields = knownFields.get(certificate);
  if (fields === undefined) knownFields.set(certificate, (fields = readFields(certificate)));
  return fields;
}

function readFields(certificate: Certificate): CertificateFields {
  return {
    fingerprint: certificate.fingerprint,
    pem: toPem(certificate),
    subject: certificate.subject,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    parsed: certificate,
  };
}

/** What the schema's `CertificateRevocation` type shows. */
export interface CertificateRevocationFields extends Pick<RevocationStatus, 'status' | 'source' | 'detail'> {
  readonly checkedAt: Date | null;
  readonly validUntil: Date | null;
  readonly revokedAt: Date | null;
  readonly reason: (typeof reasonNames)[RevocationReason] | null;
}

/** As the schema spells RFC 5280's names. */
const reasonNames = {
  unspecified: 'UNSPECIFIED',
  keyCompromise: 'KEY_COMPROMISE',
  cACompromise: 'CA_COMPROMISE',
  affiliationChanged: 'AFFILIATION_CHANGED',
  superseded: 'SUPERSEDED',
  cessationOfOperation: 'CESSATION_OF_OPERATION',
  certificateHold: 'CERTIFICATE_HOLD',
  removeFromCRL: 'REMOVE_FROM_CRL',
  privilegeWithdrawn: 'PRIVILEGE_WITHDRAWN',
  aACompromise: 'AA_COMPROMISE',
} as const satisfies Record<RevocationReason, string>;

/** What is known of a certificate's revocation, as the schema shows it; of one that was never looked at, why. */
function revocationFields(
  certificate: Certificate,
  known: RevocationStatus | undefined,
): CertificateRevocationFields {
  const never = { source: 'NONE', checkedAt: null, validUntil: null, revokedAt: null, reason: null } as const;
  if (!namesSource(certificate)) return { ...never, status: 'NOT_CHECKED', detail: namesNoSource };
  if (known === undefined) {
    return { ...never, status: 'UNKNOWN', detail: 'No source of this certificate was asked yet.' };
  }
  const { status, source, checkedAt, validUntil, revokedAt = null, detail } = known;
  const reason = known.reason === undefined ? null : reasonNames[known.reason];
  return { status, source, checkedAt, validUntil, revokedAt, reason, detail };
}

/** Fields of the schema's `Certificate` type that are not read off the certificate. */
export const certificateResolvers = {
  revocation: async (
    { parsed }: CertificateFields,
    _: unknown,
    context: {
      readonly revocation: { status(certificate: Certificate): Promise<RevocationStatus | undefined> };
    },
  ): Promise<CertificateRevocationFields> =>
    revocationFields(parsed, await context.revocation.status(parsed)),
};

/** A verdict as the schema's `CertificateVerdict` type shows it. */
export interface CertificateVerdictFields {
  readonly status: 'VALID' | 'NOT_YET_VALID' | 'EXPIRED' | 'REVOKED' | 'INVALID_CHAIN';
  readonly reasons: readonly string[];
  readonly source: 'CHAIN' | 'OCSP' | 'CRL';
  readonly checkedAt: Date;
}

/**
 * The verdict on a chain that was verified when it was published, by the dates as of now and what is known of its
 * revocation. EXPIRED is what has itself ended and REVOKED what is itself revoked, in this order; what has a certificate
 * above it that has ended or is revoked, or no root any more, is INVALID_CHAIN, and may come back.
 *
 * @param chain what the verdict is on first, then all that is above it
 * @param checkedAt when signatures, constraints and root were verified
 * @param warnings what the chain departs from the rules in without being refused, one sentence each
 * @param broken why the chain no longer holds whatever its dates, one sentence each
 * @param statuses what is known of the revocation of its certificates, by fingerprint
 */
export function verdictOfDates(
  chain: readonly Certificate[],
  now: Date,
  checkedAt: Date,
  warnings: readonly string[] = [],
  broken: readonly string[] = [],
  statuses: ReadonlyMap<string, RevocationStatus> = new Map(),
): CertificateVerdictFields {
  const [own] = chain;
  const expired = chain.filter((certificate) => certificate.notAfter.getTime() <= now.getTime());
  const early = chain.filter((certificate) => certificate.notBefore.getTime() > now.getTime());
  const revoked = chain.flatMap((certificate) => {
    const status = statuses.get(certificate.fingerprint);
    return status?.status === 'REVOKED' ? [{ certificate, status }] : [];
  });
  const [status, decidedBy] = outcome();
  return {
    status,
    reasons: [
      ...broken,
      ...expired.map(({ subject, notAfter }) => `${subject} ended on ${notAfter.toISOString()}.`),
      ...revoked.map(({ certificate, status: known }) => revocationSentence(certificate, known)),
      ...early.map(({ subject, notBefore }) => `${subject} is not valid before ${notBefore.toISOString()}.`),
      ...warnings,
    ],
    source: decidedBy === undefined || decidedBy.source === 'NONE' ? 'CHAIN' : decidedBy.source,
    checkedAt: decidedBy?.checkedAt ?? checkedAt,
  };

  /** With the revocation that decides, if one does. */
  function outcome(): readonly [CertificateVerdictFields['status'], RevocationStatus?] {
    if (own !== undefined && expired.includes(own)) return ['EXPIRED'];
    const ownRevocation = revoked.find(({ certificate }) => certificate === own);
    if (ownRevocation !== undefined) return ['REVOKED', ownRevocation.status];
    if (broken.length > 0 || expired.length > 0) return ['INVALID_CHAIN'];
    const [above] = revoked;
    if (above !== undefined) return ['INVALID_CHAIN', above.status];
    return [early.length > 0 ? 'NOT_YET_VALID' : 'VALID'];
  }
}

function revocationSentence({ subject }: Certificate, { revokedAt, reason }: RevocationStatus): string {
  const since = revokedAt === undefined ? '' : ` since ${revokedAt.toISOString()}`;
  if (reason === 'certificateHold') return `${subject} is on hold${since}.`;
  return `${subject} is revoked${since}${reason === undefined ? '' : `: ${reason}`}.`;
}
