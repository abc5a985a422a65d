import type { AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { ClientReads, ClientWrites } from '@chargegraph/identity';

/** What the resolvers of clients work with. */
export interface Context extends RequestContext {
  /** The clients, for this request's caller: what it does is recorded as its own. */
  readonly clients: ClientReads & ClientWrites;
  readonly auditLog: AuditLog;
}
