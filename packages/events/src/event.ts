/** What JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** A place in a pool's log. Positions count from 1 without a gap; 0 is the place before the first event. */
export interface LogPosition {
  /** Which log: positions of different logs have nothing to do with each other. A UUID in lower case. */
  readonly logId: string;
  readonly position: number;
}

/** An event with its place in the log. */
export interface LoggedEvent extends LogPosition {
  /** The event's own id, the same at every delivery. A UUID in lower case. */
  readonly id: string;
  readonly type: string;
  readonly occurredAt: Date;
  /** What the event tells, as of the moment it happened. */
  readonly facts: JsonObject;
}

/** A stretch of a pool's log and where the log ended when it was read. */
export interface LogPage {
  /** In the order of their positions, which follow each other without a gap. */
  readonly events: readonly LoggedEvent[];
  readonly logId: string;
  /** The last position given. */
  readonly head: number;
}

/** The bus topic on which a pool's logged events are published, in {@link serialiseEvent}'s form. */
export function logTopic(pool: string): string {
  return `log:${pool}`;
}

/** The bus topic that wakes a pool's sequencer; the message does not matter. */
export function wakeTopic(pool: string): string {
  return `wake:${pool}`;
}

/** An event as it travels on the bus. */
export function serialiseEvent(event: LoggedEvent): string {
  return JSON.stringify(event);
}

/** Reads what {@link serialiseEvent} wrote; undefined for anything else. */
export function parseEvent(message: string): LoggedEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { logId, position, id, type, occurredAt, facts } = value as Record<string, unknown>;
  if (typeof logId !== 'string' || typeof id !== 'string' || typeof type !== 'string') return undefined;
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 1) return undefined;
  if (typeof occurredAt !== 'string' || Number.isNaN(Date.parse(occurredAt))) return undefined;
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) return undefined;
  // JSON.parse makes nothing but JSON values.
  return { logId, position, id, type, occurredAt: new Date(occurredAt), facts: facts as JsonObject };
}
