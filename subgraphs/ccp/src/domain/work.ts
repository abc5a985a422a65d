import type { Caller } from '@chargegraph/identity';
import type { OperationRevocation } from '@chargegraph/revocation';
import type { Clock, Logger } from '@chargegraph/service';
import type { ContractStore, Doing } from './contract-store.ts';
import type { OtherPools } from './other-pools.ts';
import type { Strictness } from './strictness.ts';

/** What the rules work with while they carry out one operation. */
export interface Work {
  /** For whom. */
  readonly caller: Caller;
  /** Of the request, for the audit. */
  readonly traceId: string;
  readonly store: ContractStore;
  readonly pools: OtherPools;
  readonly clock: Clock;
  /** What the pool knows of its certificates' revocation, and finds out within the operation; never within a unit. */
  readonly revocation: OperationRevocation;
  readonly strictness: Strictness;
  readonly logger: Logger;
}

/** What the audit records of an operation's changes; of a service that acts for a client, that service and client. */
export function doing({ caller, traceId }: Work, action: string): Doing {
  return { act: { clientId: caller.clientId, organisation: caller.organisation, traceId }, action };
}
