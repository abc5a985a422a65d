import { ChargeGraphError } from '@chargegraph/service';
import { parseEmaid } from '@chargegraph/iso15118';
import type { Contract, Namespace } from './contract.ts';
import { contractEventFacts } from './contract-event.ts';
import { contractNotFound } from './own-contract.ts';
import { mayDelete } from './rights.ts';
import { doing, type Work } from './work.ts';

/**
 * Deletes a contract, or only its data of one generation; with the last data goes the contract. Deleting a car's
 * default makes no other contract the default. That the contract certificate be revoked is asked for in the same
 * unit, once no data holds it any more.
 *
 * @param input.skipRevocation leaves the contract certificate as it is
 * @returns the EMAID of what was deleted, as it was signed
 * @throws ChargeGraphError NOT_FOUND, the same for a contract that is not there and one that is not the caller's
 */
export async function deleteContract(
  work: Work,
  input: {
    readonly emaid: string;
    readonly namespace?: Namespace | undefined;
    readonly skipRevocation?: boolean | undefined;
  },
): Promise<string> {
  const { caller, store, clock } = work;
  const emaidKey = parseEmaid(input.emaid);
  // Read before it is locked: whoever may not delete it must not be able to hold it up either.
  requireDeletable(await store.find(emaidKey));
  return store.transaction(
    async (tx) => {
      const contract = requireDeletable(await tx.lock(emaidKey));
      const { namespace } = input;
      const variants = await tx.signedData(emaidKey);
      const deleted = variants.filter(
        (variant) => namespace === undefined || variant.namespace === namespace,
      );
      if (deleted.length === 0) {
        throw new ChargeGraphError('NOT_FOUND', 'The contract has no data of this generation.', {
          path: ['namespace'],
        });
      }
      const certificates = input.skipRevocation === true ? [] : await tx.contractCertificates(emaidKey);
      const now = clock.now();
      if (namespace === undefined || deleted.length === variants.length) {
        await tx.remove(emaidKey);
      } else {
        await tx.removeSignedData(emaidKey, namespace);
        await tx.update({ ...contract, updatedAt: now });
      }
      await tx.append({
        type: 'OEM_CONTRACT_DELETED',
        occurredAt: now,
        facts: contractEventFacts(
          contract,
          deleted.map((variant) => variant.namespace),
        ),
      });
      await tx.requestRevocation(certificates, { emaid: contract.emaid, cause: 'DELETED', requestedAt: now });
      return contract.emaid;
    },
    doing(work, 'deleteContract'),
  );

  function requireDeletable(contract: Contract | undefined): Contract {
    if (contract !== undefined && mayDelete(caller, contract)) return contract;
    throw contractNotFound();
  }
}
