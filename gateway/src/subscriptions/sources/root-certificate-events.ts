import type { LoggedEvent } from '@chargegraph/events';
import { scalarResolvers } from '@chargegraph/graph';
import { hasAnyRole, partnerRoles, type Caller } from '@chargegraph/identity';
import type { EventSource } from '../event-source.ts';
import { canonical, pick } from './conditions.ts';

/** `RootCertificateEventFilter` of the schema. */
export interface RootCertificateEventFilter {
  readonly type?: readonly string[] | null;
  readonly fingerprint?: string | null;
  readonly rootType?: readonly string[] | null;
}

const facts = ['fingerprint', 'rootType', 'subject', 'notAfter', 'reason'];

/** The root certificate pool's log. */
export const rootCertificateEvents: EventSource = {
  pool: 'rcp',
  subscription: 'rootCertificateEvents',
  namedEvent: 'rootCertificateEvent',
  log: 'rootCertificateEventLog',
  typeName: 'RootCertificateEvent',
  facts,
  // The pool writes the root's type as `type`, which in an event is what happened.
  factsOf: (written) => ({
    ...pick(written, facts),
    ...(written['type'] !== undefined && { rootType: written['type'] }),
  }),
  mayHear,
  matcherOf: (where) => matcherOf(where as RootCertificateEventFilter | null | undefined),
};

/** Roots are everybody's: whoever has any of the roles hears of them. */
function mayHear(caller: Caller): boolean {
  return hasAnyRole(caller, [...partnerRoles, 'SERVICE']);
}

const readFingerprint = (text: string) => scalarResolvers.SHA256Fingerprint.parseValue(text);

function matcherOf(where: RootCertificateEventFilter | null | undefined): (event: LoggedEvent) => boolean {
  const types = where?.type == null ? undefined : new Set(where.type);
  const fingerprint =
    where?.fingerprint == null ? undefined : canonical('fingerprint', where.fingerprint, readFingerprint);
  const rootTypes = where?.rootType == null ? undefined : new Set(where.rootType);
  return ({ type, facts: { fingerprint: ofRoot, rootType } }) =>
    (types === undefined || types.has(type)) &&
    (fingerprint === undefined || ofRoot === fingerprint) &&
    (rootTypes === undefined || (typeof rootType === 'string' && rootTypes.has(rootType)));
}
