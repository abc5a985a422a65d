import type { SqlRunner } from '@chargegraph/database';
import type { LogPosition } from './event.ts';

/** What keeping a log's readers takes. */
export interface LogReaders {
  /**
   * Notes up to where a reader has carried out what follows from the log. Cheap: the same place again is written at most
   * once a minute.
   */
  note(name: string, place: LogPosition): Promise<void>;
}

const minute = 60_000;

/** The readers of a pool's log, in its database. */
export function createLogReaders(database: SqlRunner): LogReaders {
  const noted = new Map<string, { readonly place: string; readonly at: number }>();
  return {
    async note(name, { logId, position }) {
      const place = `${logId} ${String(position)}`;
      const last = noted.get(name);
      const now = performance.now();
      if (last?.place === place && now - last.at < minute) return;
      // A place further back counts too: the reader was put back to an earlier time and needs what follows again.
      await database.execute(
        `INSERT INTO log_reader (name, log_id, position, read_at) VALUES ($1, $2, $3, now())
         ON CONFLICT (name) DO UPDATE SET log_id = $2, position = $3, read_at = now()`,
        [name, logId, position],
      );
      noted.set(name, { place, at: now });
    },
  };
}
