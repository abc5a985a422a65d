import type { Database } from '@chargegraph/database';
import type { Clock, Logger } from '@chargegraph/service';
import { createAuditLog, type AuditLog } from './log.ts';
import type { RefusalLimits } from './refusal-limit.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { createSealer } from './sealer.ts';

/** A pool's audit, running: all but the records of writes, which the writes make themselves. */
export interface Audit {
  /** Where refused writes are told to. */
  readonly refusals: Pick<Refusals, 'record'>;
  /** The sealed records. */
  readonly log: AuditLog;
  /** Says that a transaction with a record was committed. Cheap; may be called at any time. */
  readonly wake: () => void;
  /** Begins to seal; does not wait for the database. */
  start(): void;
  /** Writes what is under way and ends. What is not sealed then is sealed after the next start, or elsewhere. */
  stop(): Promise<void>;
}

/** The audit of the pool whose schema the database is opened on. */
export function createAudit(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: RefusalLimits;
  /** Milliseconds between looks at the open records when nobody calls {@link Audit.wake}. */
  readonly pollInterval?: number;
}): Audit {
  const sealer = createSealer(options);
  const refusals = createRefusals({ ...options, onRecorded: sealer.wake });
  return {
    refusals,
    log: createAuditLog(options.database),
    wake: sealer.wake,
    start: () => {
      sealer.start();
    },
    stop: async () => {
      await refusals.flush();
      await sealer.stop();
    },
  };
}
