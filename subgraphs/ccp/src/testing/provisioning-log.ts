import { randomUUID } from 'node:crypto';
import { checkCursor, decodeCursor, encodeCursor } from '@chargegraph/events';
import type { CarKey } from '../domain/cascade.ts';

const pool = 'pcp';

/** What happened to a car, as PCP names it. */
export type CarEventType =
  | 'PROVISIONING_CERTIFICATE_PUBLISHED'
  | 'PROVISIONING_CERTIFICATE_UPDATED'
  | 'PROVISIONING_CERTIFICATE_DELETED'
  | 'PROVISIONING_CERTIFICATE_FACTORY_RESET';

interface CarEvent extends CarKey {
  readonly position: number;
  readonly type: CarEventType;
  readonly keyChanged: boolean;
  readonly epoch: bigint;
}

const keyOf = ({ pcid, namespace }: CarKey) => `${pcid} ${namespace}`;

/** PCP's log in memory, with the epochs of cars: each starts with one of its own. */
export class ProvisioningLogInMemory {
  logId: string = randomUUID();
  head = 0;
  events: CarEvent[] = [];
  #lastEpoch = 0n;
  #epochs = new Map<string, bigint>();

  /** Lets something happen to a car, which gives it a new epoch if its contract data is lost by it. */
  append(car: CarKey, type: CarEventType, { keyChanged = false } = {}): void {
    const isLoss = type !== 'PROVISIONING_CERTIFICATE_UPDATED' || keyChanged;
    if (isLoss) this.#epochs.set(keyOf(car), ++this.#lastEpoch);
    const epoch = this.epochOf(car);
    this.events.push({ ...car, position: ++this.head, type, keyChanged, epoch });
  }

  epochOf(car: CarKey): bigint {
    let epoch = this.#epochs.get(keyOf(car));
    if (epoch === undefined) this.#epochs.set(keyOf(car), (epoch = ++this.#lastEpoch));
    return epoch;
  }

  /** Forgets the oldest events up to this position. */
  prune(position: number): void {
    this.events = this.events.filter((event) => event.position > position);
  }

  /** Takes everything back that {@link append} did since, as a restore of PCP's database does. */
  save(): () => void {
    const { events, head } = this;
    const saved = { events: [...events], head, last: this.#lastEpoch, epochs: new Map(this.#epochs) };
    return () => {
      this.logId = randomUUID();
      this.events = saved.events;
      this.head = saved.head;
      this.#lastEpoch = saved.last;
      this.#epochs = saved.epochs;
    };
  }

  /** As PCP's `provisioningCertificateEventLog` answers. */
  read({ after, first }: { readonly after?: string | null; readonly first: number }) {
    const oldest = this.events[0]?.position ?? this.head + 1;
    const bounds = { pool, logId: this.logId, head: this.head, oldest };
    const cursor = after == null ? undefined : decodeCursor(after);
    if (cursor !== undefined) checkCursor(cursor, bounds);
    const events = this.events.filter(({ position }) => position > (cursor?.position ?? 0)).slice(0, first);
    const cursorOf = (position: number) => encodeCursor({ pool, logId: this.logId, position });
    return {
      head: cursorOf(this.head),
      events: events.map((event) => ({
        ...event,
        cursor: cursorOf(event.position),
        epoch: event.epoch.toString(),
      })),
    };
  }
}
