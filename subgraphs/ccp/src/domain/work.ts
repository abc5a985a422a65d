import type { Caller } from '@chargegraph/identity';
import type { Clock, Logger } from '@chargegraph/service';
import type { ContractStore } from './contract-store.ts';
import type { OtherPools } from './other-pools.ts';

/** What the rules work with while they carry out one operation. */
export interface Work {
  /** For whom. */
  readonly caller: Caller;
  readonly store: ContractStore;
  readonly pools: OtherPools;
  readonly clock: Clock;
  readonly logger: Logger;
}
