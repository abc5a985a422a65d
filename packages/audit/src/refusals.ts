import type { Database } from '@chargegraph/database';
import type { Clock, ErrorCode, Logger } from '@chargegraph/service';
import { recordRefusal, type Act } from './record.ts';
import { createRefusalLimit, defaultRefusalLimits, type RefusalLimits } from './refusal-limit.ts';
import { withoutSecrets } from './secrets.ts';

/** A write that was refused, as whoever refused it tells of it. */
export interface RefusedWrite {
  readonly act: Act;
  /** What was to be done: the mutation's name. */
  readonly action: string;
  /** What it was to be done to, as far as the input says; called only when the refusal is recorded. */
  readonly object: () => string;
  readonly code: ErrorCode;
  /** The sentence that the caller was given. */
  readonly detail: string;
  /** Whose limit it counts to; the client's unless given. */
  readonly countedTo?: string;
}

/** Records refused writes beside their answers. */
export interface Refusals {
  /** Takes a refusal in and returns at once; never throws. */
  readonly record: (refusal: RefusedWrite) => void;
  /** Resolves when all that was taken in is written or given up, the counts of what was left out included. */
  flush(): Promise<void>;
}

/** What recording refusals needs. */
export interface RefusalsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: RefusalLimits;
  /** Called after each commit of a record. */
  readonly onRecorded: () => void;
}

/** Refusals counted instead of recorded. */
interface LeftOut {
  count: number;
  last: RefusedWrite;
  readonly whose: string;
  readonly since: Date;
  readonly timer: NodeJS.Timeout;
}

/** Most records under way to the database: a slow one must not fill the memory. */
const mostUnderWay = 500;
const busyPause = 1_000;

/** The action of the record that says how many refusals were left out. */
export const leftOutAction = 'refusalsLeftOut';

/**
 * Records refusals, each in a transaction of its own, after and beside the answer: an error of the database is
 * logged and goes no further. A client's refusals beyond its limit are counted, and when the window ends one record
 * says how many there were.
 */
export function createRefusals(options: RefusalsOptions): Refusals {
  const { database, clock, onRecorded } = options;
  const logger = options.logger.child({ part: 'audit' });
  const overLimit = createRefusalLimit(options.limits ?? defaultRefusalLimits);
  const leftOut = new Map<string, LeftOut>();
  const underWay = new Set<Promise<void>>();

  function begin(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        logger.error({ err: error }, 'a refused write could not be recorded');
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  async function write(
    refusal: Omit<RefusedWrite, 'object'>,
    object: string,
    occurredAt: Date,
  ): Promise<void> {
    await recordRefusal(database, {
      ...refusal,
      object: withoutSecrets(object),
      detail: withoutSecrets(refusal.detail),
      occurredAt,
    });
    onRecorded();
  }

  function leaveOut(refusal: RefusedWrite, whose: string, milliseconds: number): void {
    const counted = leftOut.get(whose);
    if (counted !== undefined) {
      counted.count += 1;
      counted.last = refusal;
      return;
    }
    const timer = setTimeout(() => {
      tellLeftOut(whose);
    }, milliseconds).unref();
    leftOut.set(whose, { count: 1, last: refusal, whose, since: clock.now(), timer });
  }

  function tellLeftOut(key: string): void {
    const counted = leftOut.get(key);
    if (counted === undefined) return;
    leftOut.delete(key);
    clearTimeout(counted.timer);
    const { count, last, whose, since } = counted;
    const detail =
      `${String(count)} more refused since ${since.toISOString()} and not recorded one by one, ` +
      `the last ${last.action}: ${last.code}.`;
    const act =
      whose === '' ? { clientId: ofManyClients, organisation: '', traceId: last.act.traceId } : last.act;
    begin(() => write({ act, action: leftOutAction, code: 'LIMIT_EXCEEDED', detail }, '', clock.now()));
  }

  return {
    record: (refusal) => {
      if (underWay.size >= mostUnderWay) {
        leaveOut(refusal, '', busyPause);
        return;
      }
      const occurredAt = clock.now();
      const client = refusal.countedTo ?? refusal.act.clientId;
      begin(async () => {
        const over = await overLimit(client);
        if (over !== undefined) leaveOut(refusal, over.of === 'all' ? '' : client, over.milliseconds);
        else await write(refusal, refusal.object(), occurredAt);
      });
    },

    flush: async () => {
      while (underWay.size > 0 || leftOut.size > 0) {
        await Promise.all(underWay);
        for (const key of [...leftOut.keys()]) tellLeftOut(key);
      }
    },
  };
}

/** In the place of a client id, which has no parentheses, of a count over several clients. */
export const ofManyClients = '(several)';
/** In the place of a client id where nobody has proved to be a client. */
export const ofNobody = '(unauthenticated)';
