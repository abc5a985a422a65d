import type { LoggedEvent } from '@chargegraph/events';
import { hasAnyRole, ownsVehicle, type Caller } from '@chargegraph/identity';
import { parsePcid } from '@chargegraph/iso15118';
import type { EventSource } from '../event-source.ts';
import { canonical, pick, remembering } from './conditions.ts';

/** `ProvisioningCertificateEventFilter` of the schema. */
export interface ProvisioningCertificateEventFilter {
  readonly type?: readonly string[] | null;
  readonly pcid?: string | null;
  readonly namespace?: string | null;
}

const facts = ['pcid', 'namespace', 'keyChanged', 'epoch'];

const toldPcid = remembering((text) => text.toUpperCase());

/** The provisioning certificate pool's log. */
export const provisioningCertificateEvents: EventSource = {
  pool: 'pcp',
  subscription: 'provisioningCertificateEvents',
  namedEvent: 'provisioningCertificateEvent',
  log: 'provisioningCertificateEventLog',
  typeName: 'ProvisioningCertificateEvent',
  facts,
  // The pool writes the car's canonical id as `pcid` and its spelling beside it; events from before there were epochs
  // have none.
  factsOf: (written) => ({
    epoch: '0',
    ...pick(written, facts),
    ...(written['commonName'] !== undefined && { pcid: written['commonName'] }),
  }),
  mayHear,
  matcherOf: (where) => matcherOf(where as ProvisioningCertificateEventFilter | null | undefined),
};

/** The operator hears of all, a car maker of its own cars. */
function mayHear(caller: Caller, { facts: { pcid } }: LoggedEvent): boolean {
  if (hasAnyRole(caller, ['OPERATOR', 'SERVICE'])) return true;
  return typeof pcid === 'string' && ownsVehicle(caller, pcid.slice(0, 3));
}

function matcherOf(
  where: ProvisioningCertificateEventFilter | null | undefined,
): (event: LoggedEvent) => boolean {
  const types = where?.type == null ? undefined : new Set(where.type);
  const pcid = where?.pcid == null ? undefined : canonical('pcid', where.pcid, parsePcid);
  const namespace = where?.namespace ?? undefined;
  return ({ type, facts: told }) =>
    (types === undefined || types.has(type)) &&
    (pcid === undefined || (typeof told['pcid'] === 'string' && toldPcid(told['pcid']) === pcid)) &&
    (namespace === undefined || told['namespace'] === namespace);
}
