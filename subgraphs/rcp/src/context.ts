import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { OperationRevocation } from '@chargegraph/revocation';
import type { IssuingCa } from '@chargegraph/pki';
import type { Clock } from '@chargegraph/service';
import type { RootExpiry } from './domain/root-expiry.ts';
import type { RootPool } from './domain/root-certificates.ts';
import type { RootLog } from './domain/root-log.ts';

/** What RCP's resolvers work with. */
export interface Context extends RequestContext {
  readonly roots: RootPool;
  readonly log: RootLog;
  /** What the pool knows of its certificates' revocation, and finds out within this operation. */
  readonly revocation: OperationRevocation;
  readonly expiry: RootExpiry;
  /** Who writes, for the audit record. */
  readonly act: Act;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
  /** Signs trust lists; undefined when the installation has no key for it. */
  readonly trustListSigner: (() => Promise<IssuingCa>) | undefined;
}
