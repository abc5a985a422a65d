import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { Clock } from '@chargegraph/service';
import type { RootPool } from './domain/root-certificates.ts';

/** What RCP's resolvers work with. */
export interface Context extends RequestContext {
  readonly roots: RootPool;
  /** Who writes, for the audit record. */
  readonly act: Act;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
}
