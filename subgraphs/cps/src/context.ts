import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { Clock } from '@chargegraph/service';
import type { ContractCas } from './domain/contract-cas.ts';
import type { ContractDataGeneration } from './domain/generate-contract-data.ts';
import type { OtherPools } from './domain/other-pools.ts';
import type { ResigningStore } from './domain/resigning.ts';
import type { ContractDataSigning } from './domain/sign-contract-data.ts';
import type { Signers } from './domain/signers.ts';

/** What CPS's resolvers work with. */
export interface Context extends RequestContext {
  readonly signers: Signers;
  readonly contractCas: ContractCas;
  readonly signing: ContractDataSigning;
  readonly generation: ContractDataGeneration;
  readonly resigning: Pick<ResigningStore, 'progress'>;
  /** The other pools, for this operation. */
  readonly pools: OtherPools;
  /** On whose behalf this operation writes. */
  readonly act: Act;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
}
