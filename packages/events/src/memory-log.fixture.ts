// A log in memory that behaves as a pool's does, for tests of what reads it.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedEvent } from './event.ts';
import type { ReadLog } from './tail.ts';

export class MemoryLog {
  logId: string = randomUUID();
  head = 0;
  events: LoggedEvent[] = [];
  /** Milliseconds that the answer of a read takes after its moment. */
  latency = 0;
  /** When set, reads fail with it. */
  fault: Error | undefined;
  reads = 0;

  append(): LoggedEvent {
    const event: LoggedEvent = {
      logId: this.logId,
      position: ++this.head,
      id: randomUUID(),
      type: 'TESTED',
      occurredAt: new Date('2026-01-02T03:04:05.678Z'),
      facts: { number: this.head },
    };
    this.events.push(event);
    return event;
  }

  /** Forgets the events up to a position. */
  prune(position: number): void {
    this.events = this.events.filter((event) => event.position > position);
  }

  /** Becomes another log that ends at a position, as a database restored from a backup does. */
  replace(head: number): void {
    this.logId = randomUUID();
    this.head = head;
    this.events = this.events.filter((event) => event.position <= head);
  }

  readonly read: ReadLog = async (after, first) => {
    this.reads++;
    if (this.fault !== undefined) throw this.fault;
    const page = {
      events: this.events.filter((event) => event.position > after).slice(0, first),
      logId: this.logId,
      head: this.head,
    };
    await delay(this.latency);
    return page;
  };
}
