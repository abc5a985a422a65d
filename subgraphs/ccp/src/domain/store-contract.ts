import { createHash } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import type { Contract, SignedContractData } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import type { ContractStore, ContractTransaction, Doing } from './contract-store.ts';
import type { DataEnds } from './data-ends.ts';
import { contractNotFound } from './own-contract.ts';

/** Verified signed data and the contract as it would be if it were new. */
export interface ContractOffer {
  readonly contract: Contract;
  readonly data: SignedContractData;
  readonly ends: DataEnds;
  /** Whether our provisioning service hands it in. */
  readonly byOwnService: boolean;
  /** The car's, as PCP told it before the unit. */
  readonly epoch: bigint;
}

/**
 * Stores what was published: as a new contract, or as a variant of the one there is.
 *
 * @param replaces SHA-256 of the data of that generation and V2G root that must be there
 * @throws ChargeGraphError EMAID_IN_USE when the EMAID is another car's contract; CONFLICT when the car has come to a
 *   later epoch, so that the data may be wrapped for a key that it has no more, or when other data is there than that
 *   to be replaced, or none. Nothing is changed then
 */
export function storeContract(
  store: ContractStore,
  offer: ContractOffer,
  by: Doing,
  replaces?: Uint8Array,
): Promise<Contract> {
  return store.transaction(async (tx) => {
    await tx.lockCar(offer.contract.pcid);
    await requirePresentEpoch(tx, offer, 'pcid');
    if (replaces !== undefined) await requireHeld(tx, offer, replaces);
    const existing = await lockOrInsert(tx, offer.contract);
    if (existing === undefined) return created(tx, offer);
    if (existing.pcid !== offer.contract.pcid) {
      throw new ChargeGraphError('EMAID_IN_USE', 'Invalid Tupple - EMAID is already used by other PCID.', {
        path: ['pcid'],
      });
    }
    return renewed(tx, existing, offer);
  }, by);
}

/**
 * Stores what a contract is renewed with.
 *
 * @throws ChargeGraphError NOT_FOUND when the contract is gone, or became another car's, meanwhile; CONFLICT as
 *   {@link storeContract} does
 */
export function renewContract(store: ContractStore, offer: ContractOffer, by: Doing): Promise<Contract> {
  return store.transaction(async (tx) => {
    await tx.lockCar(offer.contract.pcid);
    await requirePresentEpoch(tx, offer, 'emaid');
    const existing = await tx.lock(offer.contract.emaidKey);
    if (existing?.pcid !== offer.contract.pcid) {
      throw contractNotFound();
    }
    return renewed(tx, existing, offer);
  }, by);
}

async function requirePresentEpoch(
  tx: ContractTransaction,
  { contract, data, epoch }: ContractOffer,
  field: string,
): Promise<void> {
  if (await tx.reachEpoch(contract.pcid, data.namespace, epoch)) return;
  throw vehicleHasChanged(field);
}

/** Refuses data that may be wrapped for a key that its car has no more. */
export const vehicleHasChanged = (field: string): ChargeGraphError =>
  new ChargeGraphError(
    'CONFLICT',
    "The car's provisioning certificate has changed meanwhile; try again with data for the present one.",
    { path: [field] },
  );

/**
 * The offered data itself may be there too: then it was published before, and nobody heard that it was. What is there
 * from before the car's present epoch is as good as gone: what takes its place is wrapped for the same old key.
 */
async function requireHeld(
  tx: ContractTransaction,
  { contract, data, epoch }: ContractOffer,
  replaces: Uint8Array,
): Promise<void> {
  const existing = await tx.lock(contract.emaidKey);
  const variants = existing === undefined ? [] : await tx.signedData(contract.emaidKey);
  const held = variants.find((variant) => isSameVariant(variant, data) && variant.epoch === epoch)?.exi;
  if (held !== undefined && [replaces, sha256(data.exi)].some((digest) => sha256(held).equals(digest)))
    return;
  throw new ChargeGraphError('CONFLICT', 'The pool does not hold the data that this would replace.', {
    path: ['replaces'],
  });
}

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest();

/** The contract that is there, locked; undefined when the new one was inserted. */
async function lockOrInsert(tx: ContractTransaction, contract: Contract): Promise<Contract | undefined> {
  for (;;) {
    const existing = await tx.lock(contract.emaidKey);
    if (existing !== undefined) return existing;
    // Refused only when another unit inserted it since; unless that one is deleted by now, the lock finds it.
    if (await tx.insert(contract)) return undefined;
  }
}

async function created(tx: ContractTransaction, offer: ContractOffer): Promise<Contract> {
  const { contract, data } = offer;
  await putData(tx, offer, false);
  await tx.append({
    type: 'OEM_CONTRACT_CREATED',
    occurredAt: data.storedAt,
    facts: contractEventFacts(contract, [data.namespace]),
  });
  return contract;
}

async function renewed(tx: ContractTransaction, existing: Contract, offer: ContractOffer): Promise<Contract> {
  const { contract, data, epoch } = offer;
  const variants = await tx.signedData(existing.emaidKey);
  const known = variants.find((variant) => isSameVariant(variant, data));
  // The same content under a later epoch is new: that of the earlier one has to go, and is about to.
  if (known?.epoch === epoch && Buffer.compare(known.exi, data.exi) === 0) return existing;
  const isPresent = variants.some(
    (variant) => variant.namespace === data.namespace && variant.epoch === epoch,
  );
  await putData(tx, offer, isPresent);
  const updated: Contract = { ...existing, emaid: contract.emaid, updatedAt: data.storedAt };
  await tx.update(updated);
  await tx.append({
    type: 'OEM_CONTRACT_UPDATED',
    occurredAt: data.storedAt,
    facts: contractEventFacts(updated, [...variants.map(({ namespace }) => namespace), data.namespace]),
  });
  return updated;
}

/**
 * A contract becomes the car's default if the car has no contract of that generation at all; data from before the
 * present epoch does not count, since it is about to go.
 *
 * @param isPresent whether it has data of the generation and the epoch itself
 */
async function putData(
  tx: ContractTransaction,
  { contract, data, ends, byOwnService, epoch }: ContractOffer,
  isPresent: boolean,
): Promise<void> {
  const { pcid, emaidKey } = contract;
  const isOnly = !isPresent && !(await tx.hasContract(pcid, data.namespace, epoch));
  await tx.putSignedData({ ...data, ...ends, byOwnService, epoch });
  if (isOnly) await tx.setDefault(pcid, data.namespace, emaidKey);
}

function isSameVariant(a: SignedContractData, b: SignedContractData): boolean {
  return a.namespace === b.namespace && a.v2gRoot.fingerprint === b.v2gRoot.fingerprint;
}
