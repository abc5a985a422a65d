import { randomUUID } from 'node:crypto';
import type { Contract, Namespace } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import type { ContractTransaction, Doing } from './contract-store.ts';
import type { DataKey } from './fill-ends.ts';

/** A contract's data as cleansing sees it. */
export interface JudgedData extends DataKey {
  /** The contract certificate itself has ended. */
  readonly hasEnded: boolean;
  /** It is itself revoked, for good. */
  readonly isRevoked: boolean;
}

/** What cleansing does within one unit. */
export interface CleansingTransaction extends Pick<ContractTransaction, 'append'> {
  /** Reads these contracts and keeps others from changing them; in order of EMAID. */
  lockContracts(emaidKeys: readonly string[]): Promise<Contract[]>;
  /** All data of contracts, in order. */
  judgedData(emaidKeys: readonly string[], now: Date): Promise<JudgedData[]>;
  /** Deletes contracts with all that hangs on them. */
  removeContracts(emaidKeys: readonly string[]): Promise<void>;
  removeData(keys: readonly DataKey[]): Promise<void>;
  /** Takes from contracts that they are a default in a generation. */
  removeDefaults(keys: readonly Pick<DataKey, 'emaidKey' | 'namespace'>[]): Promise<void>;
  /** Notes when contracts last changed. */
  touch(emaidKeys: readonly string[], at: Date): Promise<void>;
}

/** In whose name cleansing deletes, anew for each unit. */
export const byCleansing = (): Doing => ({
  act: { clientId: 'ccp', organisation: 'chargegraph', traceId: randomUUID() },
  action: 'cleanse',
});

/**
 * Removes all data of some contracts whose contract certificate has itself ended or is itself revoked; with a generation's
 * last data the contract is no default in it any more, and with its last data the contract goes. The car maker is told as
 * when its operator deletes it: one event for the generations that are gone, one if a generation only lost some data.
 *
 * @param byRevocation whether what is revoked goes too
 * @returns how much data was removed because it had ended, and only because it was revoked
 */
export async function cleanseContracts(
  tx: CleansingTransaction,
  emaidKeys: readonly string[],
  now: Date,
  byRevocation: boolean,
): Promise<{ readonly expired: number; readonly revoked: number }> {
  const contracts = await tx.lockContracts([...new Set(emaidKeys)].sort());
  const data = await tx.judgedData(
    contracts.map(({ emaidKey }) => emaidKey),
    now,
  );
  // What was renewed while it was waited for stays.
  const leaving = data.filter(({ hasEnded, isRevoked }) => hasEnded || (byRevocation && isRevoked));
  if (leaving.length === 0) return { expired: 0, revoked: 0 };
  const losses = contracts.flatMap((contract) => lossOf(contract, data, leaving) ?? []);
  const gone = losses.filter(({ left }) => left.length === 0);
  const others = losses.filter(({ left }) => left.length > 0);
  await tx.removeContracts(gone.map(({ contract }) => contract.emaidKey));
  const changed = others.map(({ contract }) => contract.emaidKey);
  await tx.removeData(leaving.filter(({ emaidKey }) => changed.includes(emaidKey)));
  await tx.touch(changed, now);
  await tx.removeDefaults(
    others.flatMap(({ contract: { emaidKey }, lost }) => lost.map((namespace) => ({ emaidKey, namespace }))),
  );
  for (const loss of losses) await tell(tx, loss, now);
  const expired = leaving.filter(({ hasEnded }) => hasEnded).length;
  return { expired, revoked: leaving.length - expired };
}

/** What becomes of a contract. */
interface Loss {
  readonly contract: Contract;
  /** Generations of which no data is left. */
  readonly lost: readonly Namespace[];
  /** Generations of which data is left. */
  readonly left: readonly Namespace[];
  /** Whether a generation lost some of its data and not all. */
  readonly isReduced: boolean;
}

function lossOf(
  contract: Contract,
  data: readonly JudgedData[],
  leaving: readonly JudgedData[],
): Loss | undefined {
  const own = (all: readonly JudgedData[]) => all.filter(({ emaidKey }) => emaidKey === contract.emaidKey);
  const namespacesOf = (all: readonly JudgedData[]) => [...new Set(all.map(({ namespace }) => namespace))];
  const goes = own(leaving);
  if (goes.length === 0) return undefined;
  const left = namespacesOf(own(data).filter((each) => !goes.includes(each)));
  const touched = namespacesOf(goes);
  return {
    contract,
    lost: touched.filter((namespace) => !left.includes(namespace)),
    left,
    isReduced: touched.some((namespace) => left.includes(namespace)),
  };
}

async function tell(
  tx: CleansingTransaction,
  { contract, lost, left, isReduced }: Loss,
  now: Date,
): Promise<void> {
  if (lost.length > 0) {
    const facts = contractEventFacts(contract, lost);
    await tx.append({ type: 'OEM_CONTRACT_DELETED', occurredAt: now, facts });
  }
  if (isReduced) {
    const facts = contractEventFacts(contract, left);
    await tx.append({ type: 'OEM_CONTRACT_UPDATED', occurredAt: now, facts });
  }
}
