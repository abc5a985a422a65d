import { randomUUID } from 'node:crypto';
import type { Contract, Namespace } from './contract.ts';
import { contractEventFacts, type ContractEventType } from './contract-event.ts';
import type { ContractTransaction, Doing } from './contract-store.ts';
import type { RevocationCause } from './revocation-request.ts';

/** A car and a generation of the standard. */
export interface CarKey {
  /** Upper case. */
  readonly pcid: string;
  readonly namespace: Namespace;
}

/** Why contract data of a car has to go, as PCP's events say. */
export type LossCause = 'UPDATED' | 'DELETED' | 'FACTORY_RESET';

/** That data of a car was of use up to an epoch and is no more. */
export interface Loss extends CarKey {
  readonly cause: LossCause;
  /** What was stored under an earlier epoch has to go. */
  readonly epoch: bigint;
  /** So has what was stored under a later one up to this: PCP never was there, it lost that time. */
  readonly lostUpTo?: bigint | undefined;
}

/** What the cascade does within one unit, beside what everybody does. */
export interface CascadeTransaction extends ContractTransaction {
  /** Reads the contracts of the car with data that has to go, and keeps others from changing them; in order of EMAID. */
  lockStale(loss: Loss): Promise<Contract[]>;
  /** Deletes a contract's data that has to go; returns how many variants that were. */
  removeStale(emaidKey: string, loss: Loss): Promise<number>;
  /** Generations of a contract's data, each once. */
  generations(emaidKey: string): Promise<Namespace[]>;
  /** Takes from a contract that it is a default of its car in this generation. */
  removeDefault(emaidKey: string, namespace: Namespace): Promise<void>;
}

/** In whose name the cascade writes, anew for each unit. */
export const byCascade = (): Doing => ({
  act: { clientId: 'ccp', organisation: 'chargegraph', traceId: randomUUID() },
  action: 'cascade',
});

const events: Readonly<Record<LossCause, ContractEventType>> = {
  UPDATED: 'MO_PROV_CERT_UPDATED',
  DELETED: 'MO_PROV_CERT_DELETED',
  FACTORY_RESET: 'MO_PROV_CERT_FACTORY_RESET',
};

const revocationCauses: Readonly<Record<LossCause, RevocationCause>> = {
  UPDATED: 'PROV_CERT_UPDATED',
  DELETED: 'PROV_CERT_DELETED',
  FACTORY_RESET: 'FACTORY_RESET',
};

/**
 * Removes the data of a car that has to go, and with a contract's last data the contract. For each contract the car
 * maker is told what became of it, and its mobility operator, and no other, why. That contract certificates be revoked
 * which no data holds any more is asked for in the same unit. Doing it again changes nothing. The
 * car must be locked.
 */
export async function carryOut(tx: CascadeTransaction, loss: Loss, now: Date): Promise<void> {
  const { namespace } = loss;
  for (const contract of await tx.lockStale(loss)) {
    const { emaidKey, emaid } = contract;
    const certificates = await tx.contractCertificates(emaidKey);
    // Somebody may have deleted it while it was waited for.
    if ((await tx.removeStale(emaidKey, loss)) === 0) continue;
    const left = await tx.generations(emaidKey);
    if (left.length === 0) await tx.remove(emaidKey);
    else await tx.update({ emaidKey, emaid, updatedAt: now });
    // Data of the generation that was stored since stays: then the contract was not deleted, it has less of it.
    const isGone = !left.includes(namespace);
    if (isGone) await tx.removeDefault(emaidKey, namespace);
    await tx.append({
      type: isGone ? 'OEM_CONTRACT_DELETED' : 'OEM_CONTRACT_UPDATED',
      occurredAt: now,
      facts: contractEventFacts(contract, isGone ? [namespace] : left),
    });
    await tx.append({
      type: events[loss.cause],
      occurredAt: now,
      facts: contractEventFacts(contract, [namespace]),
    });
    await tx.requestRevocation(certificates, {
      emaid,
      cause: revocationCauses[loss.cause],
      requestedAt: now,
    });
  }
}
