import type { Certificate, RevocationChecker, RevocationStatus } from '@chargegraph/pki';

const minute = 60_000;

/** What a {@link ToldChecker} says; other fields are as they usually are. */
export type Told = Partial<RevocationStatus> & Pick<RevocationStatus, 'status'>;

/** A status of that kind, as it is at `at`; other fields as given. */
export function statusOf(told: Told, at: Date): RevocationStatus {
  const verdict = told.status === 'GOOD' || told.status === 'REVOKED';
  return {
    source: verdict ? 'OCSP' : 'NONE',
    checkedAt: at,
    validUntil: new Date(at.getTime() + (verdict ? 60 * minute : minute / 2)),
    ...(verdict && { thisUpdate: at }),
    ...(told.status === 'REVOKED' && { revokedAt: at }),
    detail: `It is ${told.status}.`,
    ...told,
  };
}

/** A checker that asks nobody and says of certificates what a test tells it to. */
export interface ToldChecker extends RevocationChecker {
  /** What it says of a certificate from now on, GOOD if nothing; `HANG` lets it never answer. */
  tell(certificate: Pick<Certificate, 'fingerprint'>, answer: Told | 'HANG'): void;
  /** The certificates' common names that it was asked about. */
  readonly asked: string[];
}

/** Makes it; everything is good until it is told otherwise. */
export function createToldChecker(clock: { now(): Date }): ToldChecker {
  const told = new Map<string, Told | 'HANG'>();
  const asked: string[] = [];
  return {
    asked,
    tell: ({ fingerprint }, answer) => told.set(fingerprint, answer),
    check: async ({ fingerprint, commonName = '' }) => {
      asked.push(commonName);
      const answer = told.get(fingerprint) ?? { status: 'GOOD' };
      if (answer === 'HANG') return await new Promise(() => undefined);
      await Promise.resolve();
      return statusOf(answer, clock.now());
    },
    close: () => undefined,
  };
}
