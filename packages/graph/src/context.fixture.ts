import type { Caller, Role } from '@chargegraph/identity';
import type { RequestContext } from './request-context.ts';

/** A caller with these roles and otherwise no rights. */
export function callerWith(...roles: readonly Role[]): Caller {
  return {
    clientId: 'test',
    organisation: 'Test',
    roles: new Set(roles),
    wmis: new Set(),
    providerIds: new Set(),
  };
}

/** What goes along with an operation that has just begun. */
export function contextOf(caller: Caller, changes: Partial<RequestContext> = {}): RequestContext {
  return { caller, traceId: 'trace-1', deadline: Date.now() + 10_000, hops: 0, ...changes };
}
