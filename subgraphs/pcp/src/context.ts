import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { Clock } from '@chargegraph/service';
import type { ProvisioningLog } from './domain/provisioning-log.ts';
import type { ProvisioningPool, TrustedRoots } from './domain/provisioning-pool.ts';

/** What PCP's resolvers work with. */
export interface Context extends RequestContext {
  readonly pool: ProvisioningPool;
  /** Who writes, for the audit record. */
  readonly act: Act;
  readonly log: ProvisioningLog;
  /** Asks the graph within this operation, once at most. */
  readonly trustedRoots: TrustedRoots;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
}
