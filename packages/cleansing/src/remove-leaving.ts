import { isFinallyRevoked } from './finally-revoked.ts';
import type { Tally } from './report.ts';
import type { Run, Step } from './run.ts';

/** How much was removed: what had ended, and what was revoked and had not ended. */
export type Removed = Pick<Tally, 'expired' | 'revoked'>;

/** What leaves a pool by itself: found by keys, and removed by them. */
export interface Leaving<Key> {
  /** What has ended at an instant: a stretch behind a key, in some order that removing does not change. */
  ended(now: Date, after: Key | undefined, limit: number): Promise<readonly Key[]>;
  /** What has one of these certificates for its own and has not ended; absent where revocation removes nothing. */
  revoked?(fingerprints: readonly string[], now: Date): Promise<readonly Key[]>;
  /**
   * Removes, in one short transaction that locks it and looks at it again, what of this has to go, and what has to go
   * with it.
   *
   * @param byRevocation whether what is revoked goes too
   */
  remove(keys: readonly Key[], now: Date, byRevocation: boolean): Promise<Removed>;
}

/** So many revoked certificates are looked for at once. */
const window = 500;

/**
 * Removes what has ended and what is revoked for good, in batches with a rest between them. What is removed stays removed
 * wherever this is broken off, and what is not is found again. A batch that fails is tried again row by row, and a row that
 * fails counts as a failure and stays. A dry run only counts.
 */
export function removeLeaving<Key>(leaving: Leaving<Key>): Step {
  return async (run) => {
    const { pace, tally, clock, revocation, dryRun } = run;
    const removeBatch = batchRemover(leaving, run);

    let last: Key | undefined;
    do {
      await run.goOn();
      const began = performance.now();
      const keys = await leaving.ended(clock.now(), last, pace.batchSize);
      if (dryRun) tally.expired += keys.length;
      else await removeBatch(keys);
      last = keys.length < pace.batchSize ? undefined : keys.at(-1);
      await pace.rest(performance.now() - began);
    } while (last !== undefined);

    // Whoever turned revocation off wants nothing to go by it.
    if (leaving.revoked === undefined || revocation.policy === 'off') return;
    let after = '';
    for (;;) {
      await run.goOn();
      const fingerprints = await revokedBehind(run, after);
      const keys = await leaving.revoked(fingerprints, clock.now());
      if (dryRun) tally.revoked += keys.length;
      for (let start = 0; start < keys.length && !dryRun; start += pace.batchSize) {
        await run.goOn();
        const began = performance.now();
        await removeBatch(keys.slice(start, start + pace.batchSize));
        await pace.rest(performance.now() - began);
      }
      const end = fingerprints.at(-1);
      if (end === undefined || fingerprints.length < window) return;
      after = end;
    }
  };
}

async function revokedBehind({ database }: Run, after: string): Promise<string[]> {
  const rows = await database.query<{ fingerprint: string }>(
    `SELECT s.fingerprint FROM certificate_status s WHERE ${isFinallyRevoked('s')} AND s.fingerprint > $1
      ORDER BY s.fingerprint LIMIT $2`,
    [after, window],
  );
  return rows.map(({ fingerprint }) => fingerprint);
}

/** Removes a batch, and row by row what cannot be removed together. */
function batchRemover<Key>(leaving: Leaving<Key>, run: Run): (keys: readonly Key[]) => Promise<void> {
  const { tally, clock, logger, revocation } = run;
  const remove = async (keys: readonly Key[]): Promise<void> => {
    const { expired, revoked } = await leaving.remove(keys, clock.now(), revocation.policy !== 'off');
    tally.expired += expired;
    tally.revoked += revoked;
    tally.deleted += expired + revoked;
  };
  return async (keys) => {
    if (keys.length === 0) return;
    try {
      await remove(keys);
      return;
    } catch (error) {
      logger.warn({ err: error, count: keys.length }, 'a batch could not be removed; trying one by one');
    }
    for (const key of keys) {
      // Ends it when it is the database that is gone.
      await run.goOn();
      try {
        await remove([key]);
      } catch (error) {
        tally.failures++;
        logger.error({ err: error, key }, 'what has to go could not be removed');
      }
    }
  };
}
