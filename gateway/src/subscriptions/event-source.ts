import {
  encodeCursor,
  type JsonObject,
  type LoggedEvent,
  type LogMarker,
  type LogPosition,
} from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';

/** The test that a subscription's `where` puts to each event. */
export type EventMatcher = (event: LoggedEvent) => boolean;

/**
 * One pool's log as the graph shows it. Its events' facts are in the schema's shape: the fields of the event type that
 * the log itself tells.
 */
export interface EventSource {
  /** The pool, as in cursors and in the bus's topics. */
  readonly pool: string;
  /** The subscription's field. */
  readonly subscription: string;
  /** The query field that names one event by its cursor. */
  readonly namedEvent: string;
  /** The query field that reads a stretch of the log. */
  readonly log: string;
  /** The events' type. */
  readonly typeName: string;
  /** Names of the facts, beside `id`, `cursor`, `type` and `time`; everything else is asked of the pools. */
  readonly facts: readonly string[];
  /** What is selected of facts that are objects, by name: all of their fields, which are facts too. */
  readonly factSelections?: Readonly<Record<string, string>>;
  /** The facts of an event as its pool wrote them, in the schema's shape. */
  readonly factsOf: (written: JsonObject) => JsonObject;
  /** Whether the caller may hear of the event. */
  readonly mayHear: (caller: Caller, event: LoggedEvent) => boolean;
  /**
   * Reads the subscription's `where`.
   *
   * @throws ChargeGraphError BAD_INPUT naming the condition
   */
  readonly matcherOf: (where: unknown) => EventMatcher;
}

/** Fields that events of every source have. */
export const commonFields = ['id', 'cursor', 'type', 'time'] as const;

/** The cursor that stands for a place in the source's log. */
export function cursorOf({ pool }: Pick<EventSource, 'pool'>, { logId, position }: LogPosition): string {
  return encodeCursor({ pool, logId, position });
}

/** An event's own fields in the schema's shape. */
export function eventFields(source: EventSource, event: LoggedEvent): Record<string, unknown> {
  return {
    __typename: source.typeName,
    id: event.id,
    cursor: cursorOf(source, event),
    type: event.type,
    time: event.occurredAt.toISOString(),
    ...Object.fromEntries(source.facts.map((name) => [name, event.facts[name] ?? null])),
  };
}

/** A marker in the shape of an event, without facts: it has a cursor to continue from, and happened now. */
export function markerFields(source: EventSource, marker: LogMarker, now: Date): Record<string, unknown> {
  const cursor = cursorOf(source, marker);
  return {
    __typename: source.typeName,
    id: `${marker.marker}-${cursor}`,
    cursor,
    type: marker.marker,
    time: now.toISOString(),
  };
}
