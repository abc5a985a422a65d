import type { AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { Clock } from '@chargegraph/service';
import type { ProvisioningPool, TrustedRoots } from './domain/provisioning-pool.ts';

/** What PCP's resolvers work with. */
export interface Context extends RequestContext {
  readonly pool: ProvisioningPool;
  /** Asks the graph within this operation. */
  readonly trustedRoots: TrustedRoots;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
}
