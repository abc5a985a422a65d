import type { Database } from '@chargegraph/database';

/** What is kept from run to run. */
export interface CleansingState {
  /** When the last whole run began; when there was none, when this was first asked, which is written down. */
  lastRunAt(now: Date): Promise<Date>;
  /** Notes that a run that began at an instant was done to its end. */
  ranAt(at: Date): Promise<void>;
  /** Where looking after statuses goes on; undefined at the beginning. */
  place(): Promise<unknown>;
  /** Notes a place; undefined for the beginning. */
  keepPlace(place: unknown): Promise<void>;
}

/** The same in a pool's PostgreSQL. */
export function createCleansingState(database: Pick<Database, 'query' | 'execute'>): CleansingState {
  const read = async (): Promise<{ lastRunAt: Date | null; place: unknown }> => {
    const [row] = await database.query<{ lastRunAt: Date | null; place: unknown }>(
      'SELECT last_run_at AS "lastRunAt", refreshed_to AS place FROM cleansing',
    );
    if (row === undefined) throw new Error('The table cleansing has lost its row.');
    return row;
  };
  return {
    async lastRunAt(now) {
      const { lastRunAt } = await read();
      if (lastRunAt !== null) return lastRunAt;
      await database.execute('UPDATE cleansing SET last_run_at = $1 WHERE last_run_at IS NULL', [now]);
      return (await read()).lastRunAt ?? now;
    },

    async ranAt(at) {
      await database.execute('UPDATE cleansing SET last_run_at = $1', [at]);
    },

    async place() {
      return (await read()).place ?? undefined;
    },

    async keepPlace(place) {
      await database.execute('UPDATE cleansing SET refreshed_to = $1::text::jsonb', [
        place === undefined ? null : JSON.stringify(place),
      ]);
    },
  };
}
