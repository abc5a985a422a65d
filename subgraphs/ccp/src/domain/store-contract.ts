import { createHash } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import type { Contract, SignedContractData } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import type { ContractStore, ContractTransaction } from './contract-store.ts';

/** Verified signed data and the contract as it would be if it were new. */
export interface ContractOffer {
  readonly contract: Contract;
  readonly data: SignedContractData;
}

/**
 * Stores what was published: as a new contract, or as a variant of the one there is.
 *
 * @param replaces SHA-256 of the data of that generation and V2G root that must be there
 * @throws ChargeGraphError EMAID_IN_USE when the EMAID is another car's contract, CONFLICT when other data is there
 *   than that to be replaced, or none; nothing is changed then
 */
export function storeContract(
  store: ContractStore,
  offer: ContractOffer,
  replaces?: Uint8Array,
): Promise<Contract> {
  return store.transaction(async (tx) => {
    await tx.lockCar(offer.contract.pcid);
    if (replaces !== undefined) await requireHeld(tx, offer, replaces);
    const existing = await lockOrInsert(tx, offer.contract);
    if (existing === undefined) return created(tx, offer);
    if (existing.pcid !== offer.contract.pcid) {
      throw new ChargeGraphError('EMAID_IN_USE', 'Invalid Tupple - EMAID is already used by other PCID.', {
        path: ['pcid'],
      });
    }
    return renewed(tx, existing, offer);
  });
}

/**
 * Stores what a contract is renewed with.
 *
 * @throws ChargeGraphError NOT_FOUND when the contract is gone, or became another car's, meanwhile
 */
export function renewContract(store: ContractStore, offer: ContractOffer): Promise<Contract> {
  return store.transaction(async (tx) => {
    await tx.lockCar(offer.contract.pcid);
    const existing = await tx.lock(offer.contract.emaidKey);
    if (existing?.pcid !== offer.contract.pcid) {
      throw new ChargeGraphError('NOT_FOUND', 'There is no such contract.', { path: ['emaid'] });
    }
    return renewed(tx, existing, offer);
  });
}

/** The offered data itself may be there too: then it was published before, and nobody heard that it was. */
async function requireHeld(
  tx: ContractTransaction,
  { contract, data }: ContractOffer,
  replaces: Uint8Array,
): Promise<void> {
  const existing = await tx.lock(contract.emaidKey);
  const variants = existing === undefined ? [] : await tx.signedData(contract.emaidKey);
  const held = variants.find((variant) => isSameVariant(variant, data))?.exi;
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

async function created(tx: ContractTransaction, { contract, data }: ContractOffer): Promise<Contract> {
  await putData(tx, contract, data, true);
  await tx.append({
    type: 'OEM_CONTRACT_CREATED',
    occurredAt: data.storedAt,
    facts: contractEventFacts(contract, [data.namespace]),
  });
  return contract;
}

async function renewed(
  tx: ContractTransaction,
  existing: Contract,
  { contract, data }: ContractOffer,
): Promise<Contract> {
  const variants = await tx.signedData(existing.emaidKey);
  const known = variants.find((variant) => isSameVariant(variant, data));
  if (known !== undefined && Buffer.compare(known.exi, data.exi) === 0) return existing;
  const isNewGeneration = variants.every(({ namespace }) => namespace !== data.namespace);
  await putData(tx, existing, data, isNewGeneration);
  const updated: Contract = { ...existing, emaid: contract.emaid, updatedAt: data.storedAt };
  await tx.update(updated);
  await tx.append({
    type: 'OEM_CONTRACT_UPDATED',
    occurredAt: data.storedAt,
    facts: contractEventFacts(updated, [...variants.map(({ namespace }) => namespace), data.namespace]),
  });
  return updated;
}

/** A contract that is new to a generation becomes the car's default if the car has no contract of it at all. */
async function putData(
  tx: ContractTransaction,
  contract: Contract,
  data: SignedContractData,
  isNewGeneration: boolean,
): Promise<void> {
  const isOnly = isNewGeneration && !(await tx.hasContract(contract.pcid, data.namespace));
  await tx.putSignedData(data);
  if (isOnly) await tx.makeDefault(contract.pcid, data.namespace, contract.emaidKey);
}

function isSameVariant(a: SignedContractData, b: SignedContractData): boolean {
  return a.namespace === b.namespace && a.v2gRoot.fingerprint === b.v2gRoot.fingerprint;
}
