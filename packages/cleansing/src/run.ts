import type { SqlRunner } from '@chargegraph/database';
import type { Revocation } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import type { Tally } from './report.ts';
import type { CleansingState } from './state.ts';

/** One run, as its steps see it. */
export interface Run {
  readonly dryRun: boolean;
  readonly startedAt: Date;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Pick<SqlRunner, 'query'>;
  readonly revocation: Revocation;
  readonly state: CleansingState;
  readonly tally: Tally;
  readonly pace: Pace;
  /**
   * Asked before each batch.
   *
   * @throws RunStopped once it is to end
   * @throws what the database throws when the lock is lost
   */
  readonly goOn: () => Promise<void>;
  /** Aborted once it is to end: then nothing more is asked of anybody. */
  readonly signal: AbortSignal;
}

/** A part of a run. */
export type Step = (run: Run) => Promise<void>;

/** How hard a run works. */
export interface Pace {
  /** What is deleted in one transaction at most. */
  readonly batchSize: number;
  /** What is read at once when statuses are looked after. */
  readonly pageSize: number;
  /** Milliseconds that asking CAs may take; the next run goes on there. */
  readonly refreshTime: number;
  /** CAs that are asked at once. */
  readonly parallel: number;
  /** Lets others have the database. @param took milliseconds that the last batch took */
  readonly rest: (took: number) => Promise<void>;
}

/** Thrown to end a run that is to end. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
}
