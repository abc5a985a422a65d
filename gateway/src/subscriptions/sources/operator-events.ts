import { hasAnyRole } from '@chargegraph/identity';
import type { EventSource } from '../event-source.ts';
import { pick } from './conditions.ts';

/** `OperatorEventFilter` of the schema. */
export interface OperatorEventFilter {
  readonly type?: readonly string[] | null;
}

const facts = ['day', 'pools', 'missingPools', 'urgent'];

/** The provisioning service's log, which holds what the ecosystem's operator is told. */
export const operatorEvents: EventSource = {
  pool: 'cps',
  subscription: 'operatorEvents',
  namedEvent: 'operatorEvent',
  log: 'signingServiceEventLog',
  typeName: 'OperatorEvent',
  facts,
  factSelections: {
    pools: '{ pool at kinds { kind total ended within { duration count } revoked invalidChain } }',
    urgent: '{ kind subject fingerprint endsAt hasEnded }',
  },
  factsOf: (written) => pick(written, facts),
  mayHear: (caller) => hasAnyRole(caller, ['OPERATOR', 'SERVICE']),
  matcherOf: (where) => {
    const { type: wanted } = (where ?? {}) as OperatorEventFilter;
    const types = wanted == null ? undefined : new Set(wanted);
    return ({ type }) => types === undefined || types.has(type);
  },
};
