import type { ExpiryKind } from '@chargegraph/expiry';

/** What a pool counts, in the schema's shape: instants as RFC 3339, durations as ISO 8601. */
export interface DigestedPool {
  readonly pool: string;
  readonly at: string;
  readonly kinds: readonly {
    readonly kind: ExpiryKind;
    readonly total: number;
    readonly ended: number;
    readonly within: readonly { readonly duration: string; readonly count: number }[];
    readonly revoked: number | null;
    readonly invalidChain: number | null;
  }[];
}

/** A certificate that has ended or ends soon, by name. */
export interface EndingCertificate {
  readonly kind: ExpiryKind;
  /** RFC 4514. */
  readonly subject: string;
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly endsAt: string;
  readonly hasEnded: boolean;
}

/** What a digest tells. */
export interface DigestFacts {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly pools: readonly DigestedPool[];
  readonly missingPools: readonly string[];
  readonly urgent: readonly EndingCertificate[];
}

/** Within which times the digest counts, in milliseconds. */
export const digestedWithin: readonly number[] = [7, 30, 90].map((days) => days * 86_400_000);
/** How long ahead of its end a certificate is named, in milliseconds. */
export const namedWithin = 30 * 86_400_000;
/** How many certificates are named of each kind of pool's things: roots, signers, contract CAs. */
export const mostNamed = 20;

/** What a pool contributes. */
export interface Contribution {
  readonly counted: DigestedPool;
  /** What it names, first what ends first. */
  readonly urgent: readonly Omit<EndingCertificate, 'hasEnded'>[];
}

/** Where contributions come from: the service itself, and the pools below it. */
export interface DigestSource {
  readonly pool: string;
  /** @throws whatever keeps the pool from answering */
  contribution(): Promise<Contribution>;
}

/**
 * Composes the digest of a day. A pool that does not answer is named as missing.
 *
 * @param sources in the order in which the digest tells of them
 */
export async function composeDigest(
  sources: readonly DigestSource[],
  day: string,
  now: Date,
): Promise<DigestFacts> {
  const answers = await Promise.allSettled(sources.map((source) => source.contribution()));
  const contributions = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  return {
    day,
    pools: contributions.map(({ counted }) => counted),
    missingPools: sources.flatMap(({ pool }, index) => (answers[index]?.status === 'rejected' ? [pool] : [])),
    urgent: contributions
      .flatMap(({ urgent }) => urgent)
      .map((certificate) => ({ ...certificate, hasEnded: new Date(certificate.endsAt) <= now }))
      .sort((a, b) => a.endsAt.localeCompare(b.endsAt)),
  };
}

/**
 * The last day whose digest is due.
 *
 * @param at milliseconds after midnight in UTC at which a day's digest is due
 * @returns `YYYY-MM-DD`
 */
export const dueDay = (now: Date, at: number): string => dayOf(new Date(now.getTime() - at));

/** Milliseconds until the next digest is due. */
export function untilNextDay(now: Date, at: number): number {
  const day = 86_400_000;
  return day - ((((now.getTime() - at) % day) + day) % day);
}

const dayOf = (instant: Date) => instant.toISOString().slice(0, 10);
