import { encodeCursor, type LoggedEvent } from '@chargegraph/events';
import { hasAnyRole, ownsContract, ownsVehicle, type Caller } from '@chargegraph/identity';
import { parseEmaid, parsePcid, providerIdOf } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';

/** `ContractEventFilter` of the schema. */
export interface ContractEventFilter {
  readonly type?: readonly string[] | null;
  readonly pcid?: string | null;
  readonly emaid?: string | null;
}

/** The fields of `ContractEvent` that the log itself tells; everything else is asked of the pools. */
export const contractEventFacts: ReadonlySet<string> = new Set([
  '__typename',
  'id',
  'cursor',
  'type',
  'time',
  'emaid',
  'pcid',
  'namespaces',
]);

/** The cursor that stands for an event's place in the contract pool's log. */
export function cursorOf(event: LoggedEvent): string {
  return encodeCursor({ pool: 'ccp', logId: event.logId, position: event.position });
}

/** An event's own facts in the schema's shape. */
export function contractEventFields(event: LoggedEvent): Record<string, unknown> {
  return {
    __typename: 'ContractEvent',
    id: event.id,
    cursor: cursorOf(event),
    type: event.type,
    time: event.occurredAt.toISOString(),
    emaid: event.facts['emaid'],
    pcid: event.facts['pcid'],
    namespaces: event.facts['namespaces'],
  };
}

/**
 * Whether the caller may hear of the event: the operator of all, a car maker of the `OEM_` events of its own cars, a
 * mobility operator of the `MO_` events of its own contracts.
 */
export function mayHear(caller: Caller, { type, facts: { pcid, emaid } }: LoggedEvent): boolean {
  if (hasAnyRole(caller, ['OPERATOR', 'SERVICE'])) return true;
  if (type.startsWith('OEM_')) return typeof pcid === 'string' && ownsVehicle(caller, pcid.slice(0, 3));
  if (!type.startsWith('MO_') || typeof emaid !== 'string') return false;
  return ownsContract(caller, providerIdOf(parseEmaid(emaid)));
}

/**
 * The test that `where` puts to each event.
 *
 * @throws ChargeGraphError BAD_INPUT for a malformed PCID or EMAID
 */
export function matcherOf(where: ContractEventFilter | null | undefined): (event: LoggedEvent) => boolean {
  const types = where?.type == null ? undefined : new Set(where.type);
  const pcid = where?.pcid == null ? undefined : identifier('pcid', where.pcid, parsePcid);
  const emaid = where?.emaid == null ? undefined : identifier('emaid', where.emaid, parseEmaid);
  return ({ type, facts }) =>
    (types === undefined || types.has(type)) &&
    (pcid === undefined || (typeof facts['pcid'] === 'string' && facts['pcid'].toUpperCase() === pcid)) &&
    (emaid === undefined || (typeof facts['emaid'] === 'string' && parseEmaid(facts['emaid']) === emaid));
}

function identifier(name: string, text: string, parse: (text: string) => string): string {
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : `${name} is malformed`;
    throw new ChargeGraphError('BAD_INPUT', message, { path: ['where', name], cause });
  }
}
