import type { Database } from '@chargegraph/database';
import { appendEvent, type JsonObject } from '@chargegraph/events';
import type { DigestStore } from '../domain/tell-digest.ts';

/** How many days are kept: one would do, some show that none was left out. */
const keptDays = 366;

/** Which digests were told, in PostgreSQL. */
export function createDigestStore(
  database: Database,
  /** Called after each commit that brought an event. */
  onEvent: () => void,
): DigestStore {
  return {
    async lastDay() {
      const [row] = await database.query<{ day: string | null }>(
        'SELECT max(day)::text AS day FROM operator_digest',
      );
      return row?.day ?? undefined;
    },

    async begin(day) {
      await database.execute('INSERT INTO operator_digest (day) VALUES ($1) ON CONFLICT DO NOTHING', [day]);
    },

    tell: (facts, at) =>
      database.transaction(async (tx) => {
        // Whoever tells of the same day is waited for, and then it is told.
        const noted = await tx.execute(
          'INSERT INTO operator_digest (day) VALUES ($1) ON CONFLICT DO NOTHING',
          [facts.day],
        );
        if (noted === 0) return false;
        const id = await appendEvent(tx, {
          type: 'OPERATOR_EXPIRY_DIGEST',
          occurredAt: at,
          facts: facts as unknown as JsonObject,
        });
        await tx.execute('UPDATE operator_digest SET event_id = $2 WHERE day = $1', [facts.day, id]);
        await tx.execute('DELETE FROM operator_digest WHERE day < $1::date - $2::int', [facts.day, keptDays]);
        tx.afterCommit(onEvent);
        return true;
      }),
  };
}
