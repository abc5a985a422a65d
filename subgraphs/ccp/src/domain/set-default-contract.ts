import type { Contract, Namespace } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import { contractNotFound, ownContract, type NamedContract } from './own-contract.ts';
import { doing, type Work } from './work.ts';

/**
 * Makes a contract its car's default in a generation, in the place of any other one, and tells the car maker. When it
 * is already, nothing changes.
 *
 * @throws ChargeGraphError NOT_FOUND for a contract that is not of this car of the caller's, or has no data of the
 *   generation: the same as for one that is not there
 */
export async function setDefaultContract(
  work: Work,
  input: NamedContract & { readonly namespace: Namespace },
): Promise<Contract> {
  const { caller, store, clock } = work;
  const { namespace } = input;
  const own = ownContract(caller, input);
  // Read before anything is locked: whoever may not change it must not be able to hold it up either.
  own.require(await store.find(own.emaidKey));
  return store.transaction(
    async (tx) => {
      await tx.lockCar(own.pcidKey);
      const contract = own.require(await tx.lock(own.emaidKey));
      const generations = (await tx.signedData(own.emaidKey)).map((data) => data.namespace);
      if (!generations.includes(namespace)) throw contractNotFound();
      if (!(await tx.setDefault(contract.pcid, namespace, contract.emaidKey))) return contract;
      const occurredAt = clock.now();
      await tx.append({
        type: 'OEM_CONTRACT_UPDATED',
        occurredAt,
        facts: { ...contractEventFacts(contract, generations), madeDefaultIn: namespace },
      });
      return contract;
    },
    doing(work, 'setDefaultContract'),
  );
}
