import type { AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { ContractList } from './domain/contract-list.ts';
import type { DataCounts } from './domain/expiry.ts';
import type { ContractLog } from './domain/contract-log.ts';
import type { RevocationRequests } from './domain/revocation-request.ts';
import type { ConsumerStore } from './domain/event-consumer.ts';
import type { RightsSettings } from './domain/rights.ts';
import type { Work } from './domain/work.ts';

/** What CCP's resolvers work with. */
export interface Context extends RequestContext, Work {
  readonly log: ContractLog;
  readonly list: ContractList;
  readonly counts: DataCounts;
  readonly consumers: ConsumerStore;
  readonly settings: RightsSettings;
  readonly revocationRequests: RevocationRequests;
  readonly auditLog: AuditLog;
}
