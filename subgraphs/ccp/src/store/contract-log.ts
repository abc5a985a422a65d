import type { Database } from '@chargegraph/database';
import {
  checkCursor,
  decodeCursor,
  encodeCursor,
  readEvent,
  readHead,
  readLog,
  type LoggedEvent,
} from '@chargegraph/events';
import { ChargeGraphError } from '@chargegraph/service';
import type { ContractEventFacts, ContractEventType } from '../domain/contract-event.ts';
import type { ContractEvent, ContractLog } from '../domain/contract-log.ts';

const pool = 'ccp';

/** The pool's log in PostgreSQL. */
export function createContractLog(database: Database): ContractLog {
  return {
    async read(after, first) {
      const page = await readLog(database, { after: await position(after), first });
      return {
        events: page.events.map(toContractEvent),
        head: encodeCursor({ pool, logId: page.logId, position: page.head }),
      };
    },

    async at(text) {
      const cursor = decodeCursor(text);
      if (cursor.pool !== pool) {
        throw new ChargeGraphError('CURSOR_INVALID', `This cursor belongs to the events of ${cursor.pool}.`);
      }
      const event = await readEvent(database, cursor.position);
      return event?.logId === cursor.logId ? toContractEvent(event) : undefined;
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

function toContractEvent(event: LoggedEvent): ContractEvent {
  return {
    id: event.id,
    cursor: encodeCursor({ pool, logId: event.logId, position: event.position }),
    // This pool alone writes its log, and only through its own transaction.
    type: event.type as ContractEventType,
    time: event.occurredAt,
    facts: event.facts as unknown as ContractEventFacts,
  };
}
