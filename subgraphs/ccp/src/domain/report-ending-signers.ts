import { randomUUID } from 'node:crypto';
import type { Clock } from '@chargegraph/service';
import type { Namespace } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import type { ContractTransaction, Doing } from './contract-store.ts';

/** A contract's data whose signer's chain ends before the contract does. */
export interface EndingData {
  readonly emaidKey: string;
  readonly namespace: Namespace;
  /** Of the V2G root. */
  readonly v2gRootFingerprint: string;
  readonly signerFingerprint: string;
  readonly signerEndsAt: Date;
}

/** What is told of now. */
export interface Horizon {
  readonly now: Date;
  /** Of what was signed elsewhere: whose signer's chain ends before this. */
  readonly elsewhere: Date;
  /** Of what our provisioning service signed, or may have signed: whose signer's chain ends before this. */
  readonly ours: Date;
}

/** What is done within one unit. */
export interface EndingSignersTransaction extends Pick<ContractTransaction, 'lock' | 'append'> {
  /**
   * Notes that a contract's operator was told of its data of this generation and V2G root, and gives that data as it
   * is now; undefined, with nothing noted, when there is nothing to be told of it any more. The contract must be locked.
   */
  noteTold(data: EndingData, horizon: Horizon): Promise<EndingData | undefined>;
}

/** Where it is kept which signers end and who was told. */
export interface EndingSignersStore {
  /** A stretch of what is to be told, behind `after`, in the order in which the signers end. */
  due(horizon: Horizon, after: EndingData | undefined, limit: number): Promise<readonly EndingData[]>;
  /** Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict. */
  transaction<T>(work: (tx: EndingSignersTransaction) => Promise<T>, by: Doing): Promise<T>;
}

/** What the telling takes. */
export interface EndingSignersDeps {
  readonly store: EndingSignersStore;
  readonly clock: Clock;
  /** How long before the end of its signer's chain data is told of, in milliseconds. */
  readonly lead: number;
  /** What is read at once; 100 unless given. */
  readonly batchSize?: number;
}

/**
 * Tells each contract's operator, and nobody else, of data whose signer's chain ends within the lead and before the
 * contract does; of what our provisioning service signed only when half of the lead is gone, in which that has signed
 * anew what it can. Each data is told of once, in a unit of its own, whoever does this at the same time; wherever it is
 * broken off, it goes on with what was not told yet.
 *
 * @param mayGoOn asked before each unit
 */
export async function reportEndingSigners(
  { store, clock, lead, batchSize = 100 }: EndingSignersDeps,
  mayGoOn: () => Promise<boolean>,
): Promise<void> {
  let batch: readonly EndingData[] = [];
  do {
    const now = clock.now();
    const horizon = {
      now,
      elsewhere: new Date(now.getTime() + lead),
      ours: new Date(now.getTime() + lead / 2),
    };
    batch = await store.due(horizon, batch.at(-1), batchSize);
    for (const data of batch) {
      if (!(await mayGoOn())) return;
      await store.transaction((tx) => tell(tx, data, horizon), byReport());
    }
  } while (batch.length === batchSize);
}

async function tell(tx: EndingSignersTransaction, data: EndingData, horizon: Horizon): Promise<void> {
  const contract = await tx.lock(data.emaidKey);
  if (contract === undefined) return;
  const told = await tx.noteTold(data, horizon);
  if (told === undefined) return;
  await tx.append({
    type: 'MO_CONTRACT_SIGNER_ENDING',
    occurredAt: horizon.now,
    facts: {
      ...contractEventFacts(contract, [told.namespace]),
      signerFingerprint: told.signerFingerprint,
      signerEndsAt: told.signerEndsAt.toISOString(),
      v2gRootFingerprint: told.v2gRootFingerprint,
    },
  });
}

const byReport = (): Doing => ({
  act: { clientId: 'ccp', organisation: 'chargegraph', traceId: randomUUID() },
  action: 'reportSignerEnd',
});
