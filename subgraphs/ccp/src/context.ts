import type { AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { ContractLog } from './domain/contract-log.ts';
import type { Work } from './domain/work.ts';

/** What CCP's resolvers work with. */
export interface Context extends RequestContext, Work {
  readonly log: ContractLog;
  readonly auditLog: AuditLog;
}
