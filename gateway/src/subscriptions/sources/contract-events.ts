import type { LoggedEvent } from '@chargegraph/events';
import { hasAnyRole, ownsContract, ownsVehicle, type Caller } from '@chargegraph/identity';
import { parseEmaid, parsePcid, providerIdOf } from '@chargegraph/iso15118';
import type { EventSource } from '../event-source.ts';
import { canonical, pick, remembering } from './conditions.ts';

/** `ContractEventFilter` of the schema. */
export interface ContractEventFilter {
  readonly type?: readonly string[] | null;
  readonly pcid?: string | null;
  readonly emaid?: string | null;
}

const facts = [
  'emaid',
  'pcid',
  'namespaces',
  'signerFingerprint',
  'signerEndsAt',
  'v2gRootFingerprint',
  'reason',
  'clientId',
  'consumer',
];

const toldPcid = remembering((text) => text.toUpperCase());
const toldEmaid = remembering(parseEmaid);

/** The contract pool's log. */
export const contractEvents: EventSource = {
  pool: 'ccp',
  subscription: 'contractEvents',
  namedEvent: 'contractEvent',
  log: 'contractEventLog',
  typeName: 'ContractEvent',
  facts,
  factsOf: (written) => pick(written, facts),
  mayHear,
  matcherOf: (where) => matcherOf(where as ContractEventFilter | null | undefined),
};

/**
 * The operator hears of all, a car maker of the `OEM_` events of its own cars, a mobility operator of the `MO_` events
 * of its own contracts, a client whose consumer is tested of that.
 */
function mayHear(caller: Caller, { type, facts: { pcid, emaid, clientId } }: LoggedEvent): boolean {
  if (hasAnyRole(caller, ['OPERATOR', 'SERVICE'])) return true;
  if (type === 'TEST') return clientId === caller.clientId;
  if (type.startsWith('OEM_')) return typeof pcid === 'string' && ownsVehicle(caller, pcid.slice(0, 3));
  if (!type.startsWith('MO_') || typeof emaid !== 'string') return false;
  return ownsContract(caller, providerIdOf(toldEmaid(emaid)));
}

function matcherOf(where: ContractEventFilter | null | undefined): (event: LoggedEvent) => boolean {
  const types = where?.type == null ? undefined : new Set(where.type);
  const pcid = where?.pcid == null ? undefined : canonical('pcid', where.pcid, parsePcid);
  const emaid = where?.emaid == null ? undefined : canonical('emaid', where.emaid, parseEmaid);
  return ({ type, facts: told }) =>
    (types === undefined || types.has(type)) &&
    (pcid === undefined || (typeof told['pcid'] === 'string' && toldPcid(told['pcid']) === pcid)) &&
    (emaid === undefined || (typeof told['emaid'] === 'string' && toldEmaid(told['emaid']) === emaid));
}
