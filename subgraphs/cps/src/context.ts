import type { Act, AuditLog } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';
import type { OperationRevocation } from '@chargegraph/revocation';
import type { Clock } from '@chargegraph/service';
import type { ContractCas } from './domain/contract-cas.ts';
import type { ChainedCounts } from './domain/expiry.ts';
import type { ContractDataGeneration } from './domain/generate-contract-data.ts';
import type { OperatorLog } from './domain/operator-log.ts';
import type { OtherPools } from './domain/other-pools.ts';
import type { ResigningStore } from './domain/resigning.ts';
import type { Revocations } from './domain/revoke-certificate.ts';
import type { ContractDataSigning } from './domain/sign-contract-data.ts';
import type { Signers } from './domain/signers.ts';

/** What CPS's resolvers work with. */
export interface Context extends RequestContext {
  readonly signers: Signers;
  readonly contractCas: ContractCas;
  readonly signing: ContractDataSigning;
  readonly generation: ContractDataGeneration;
  readonly revocations: Revocations;
  readonly counts: ChainedCounts;
  readonly log: OperatorLog;
  readonly resigning: Pick<ResigningStore, 'progress'>;
  /** The other pools, for this operation. */
  readonly pools: OtherPools;
  /** On whose behalf this operation writes. */
  readonly act: Act;
  readonly clock: Clock;
  /** What the pool knows of its certificates' revocation, and finds out within this operation. */
  readonly revocation: OperationRevocation;
  readonly auditLog: AuditLog;
}
