import type { AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { Clock } from '@chargegraph/service';
import type { OtherPools } from './domain/other-pools.ts';
import type { ContractDataSigning } from './domain/sign-contract-data.ts';
import type { Signers } from './domain/signers.ts';

/** What CPS's resolvers work with. */
export interface Context extends RequestContext {
  readonly signers: Signers;
  readonly signing: ContractDataSigning;
  /** The other pools, for this operation. */
  readonly pools: OtherPools;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
}
