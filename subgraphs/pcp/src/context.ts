import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { OperationRevocation } from '@chargegraph/revocation';
import type { Clock } from '@chargegraph/service';
import type { TrustedRoots } from '@chargegraph/trust';
import type { CertificateCounts } from './domain/expiry.ts';
import type { ProvisioningLog } from './domain/provisioning-log.ts';
import type { ProvisioningPool } from './domain/provisioning-pool.ts';

/** What PCP's resolvers work with. */
export interface Context extends RequestContext {
  readonly pool: ProvisioningPool;
  /** Who writes, for the audit record. */
  readonly act: Act;
  readonly log: ProvisioningLog;
  readonly counts: CertificateCounts;
  /** Asks RCP within this operation once at most. */
  readonly trustedRoots: TrustedRoots;
  readonly clock: Clock;
  /** What the pool knows of its certificates' revocation, and finds out within this operation. */
  readonly revocation: OperationRevocation;
  readonly auditLog: AuditLog;
}
