import type { Clock, Logger } from '@chargegraph/service';
import { composeDigest, dueDay, type DigestFacts, type DigestSource } from './digest.ts';

/** Where it is kept which days were told of. */
export interface DigestStore {
  /** The last day of which a digest was told, or on which the service began; undefined before that was noted. */
  lastDay(): Promise<string | undefined>;
  /** Notes that the service began: no digest is due of this day or an earlier one. */
  begin(day: string): Promise<void>;
  /**
   * Tells a digest, unless one of its day was told: event and note in one transaction.
   *
   * @returns whether it was told now
   */
  tell(facts: DigestFacts, at: Date): Promise<boolean>;
}

/** What telling takes. */
export interface DigestDeps {
  readonly store: DigestStore;
  /** Anew for each try. */
  readonly sources: () => readonly DigestSource[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Milliseconds after midnight in UTC at which a day's digest is due. */
  readonly at: number;
  /** Milliseconds for which pools that do not answer are waited for. */
  readonly patience: number;
}

/** What a try came to. */
export type DigestOutcome = 'not due' | 'waiting' | 'told';

/**
 * Makes what tells the operator a day's digest once it is due, by whichever process is first. After days in which no
 * process ran, the last day is told of and the others are not. While a pool does not answer it is tried again, for as
 * long as `patience` says; then the digest is told without it.
 */
export function createDigestTeller({ store, sources, clock, logger, at, patience }: DigestDeps) {
  /** Since when this process waits for which day's pools. */
  let waiting: { readonly day: string; readonly since: number } | undefined;

  return async function tellWhenDue(): Promise<DigestOutcome> {
    const now = clock.now();
    const day = dueDay(now, at);
    const last = await store.lastDay();
    if (last === undefined) await store.begin(day);
    if (last === undefined || last >= day) return 'not due';
    const facts = await composeDigest(sources(), day, now);
    const { missingPools } = facts;
    if (missingPools.length > 0) {
      if (waiting?.day !== day) waiting = { day, since: now.getTime() };
      if (now.getTime() - waiting.since < patience) return 'waiting';
      logger.warn({ missingPools }, 'pools do not answer; the digest is told without them');
    }
    return (await store.tell(facts, clock.now())) ? 'told' : 'not due';
  };
}
