import type { Database } from '@chargegraph/database';
import {
  checkCursor,
  decodeCursor,
  encodeCursor,
  readHead,
  readLog,
  type LoggedEvent,
} from '@chargegraph/events';
import type { ProvisioningEventType } from '../domain/provisioning-certificate.ts';
import type { LoggedFacts, ProvisioningEvent, ProvisioningLog } from '../domain/provisioning-log.ts';

const pool = 'pcp';

/** The pool's log in PostgreSQL. */
export function createProvisioningLog(database: Database): ProvisioningLog {
  return {
    async read(after, first) {
      const page = await readLog(database, { after: await position(after), first });
      return {
        events: page.events.map(toProvisioningEvent),
        head: encodeCursor({ pool, logId: page.logId, position: page.head }),
      };
    },
  };

  async function position(after: string | undefined): Promise<number> {
    if (after === undefined) return 0;
    const cursor = decodeCursor(after);
    const { logId, position: head, oldest } = await readHead(database);
    checkCursor(cursor, { pool, logId, head, oldest });
    return cursor.position;
  }
}

function toProvisioningEvent(event: LoggedEvent): ProvisioningEvent {
  return {
    id: event.id,
    cursor: encodeCursor({ pool, logId: event.logId, position: event.position }),
    // This pool alone writes its log, and only through its own transaction.
    type: event.type as ProvisioningEventType,
    time: event.occurredAt,
    facts: event.facts as unknown as LoggedFacts,
  };
}
