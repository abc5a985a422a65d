import { chooseVariant, type VariantQuestion } from './choose-variant.ts';
import type { Contract, SignedContractData } from './contract.ts';
import type { CarContract } from './contract-store.ts';
import { emaidIdentity } from './readable.ts';
import type { Refused } from './refusals.ts';

/** A contract that a car is given, in the variant that it can verify. */
export interface ChosenContract {
  readonly contract: Contract;
  readonly data: SignedContractData;
  /** RemainingContractCertificateChains: how many follow. */
  readonly remaining: number;
}

/** What a car of ISO 15118-20 asks for. */
export interface ContractsQuestion extends VariantQuestion {
  /** MaximumContractCertificateChains: 0 to 255. */
  readonly maximum: number;
  /** PrioritizedEMAIDs, as the car spells them. */
  readonly prioritized: readonly string[];
}

/**
 * Chooses the contracts that a car of ISO 15118-20 is given, at most as many as it can take, in their order: those
 * that it wants first, then its default, then by when they came in. Contracts without a variant for it are passed over.
 *
 * @param contracts the car's, in the order they came in
 * @returns at least one contract, or why there is none
 */
export function chooseContracts(
  contracts: readonly CarContract[],
  question: ContractsQuestion,
): readonly [ChosenContract, ...ChosenContract[]] | Refused {
  if (contracts.length > 0 && question.maximum === 0) {
    return { cause: 'UNAVAILABLE', reason: 'The car asks for no contract: its maximum is 0.' };
  }
  const usable: Omit<ChosenContract, 'remaining'>[] = [];
  const refusals: Refused[] = [];
  for (const { contract, variants } of inOrder(contracts, question.prioritized)) {
    const data = chooseVariant(variants, question);
    if ('cause' in data) refusals.push(data);
    else usable.push({ contract, data });
  }
  const [first, ...others] = usable
    .slice(0, question.maximum)
    .map((each, index, { length }) => ({ ...each, remaining: length - 1 - index }));
  if (first !== undefined) return [first, ...others];
  return refusals[0] ?? { cause: 'UNKNOWN', reason: 'The car has no contract to install.' };
}

function inOrder(contracts: readonly CarContract[], prioritized: readonly string[]): CarContract[] {
  // What is no EMAID names no contract.
  const first = prioritized.map(emaidIdentity);
  const rank = ({ contract, isDefault }: CarContract): number => {
    const index = first.findIndex((emaid) => emaid === contract.emaidKey);
    if (index >= 0) return index;
    return isDefault ? first.length : first.length + 1;
  };
  return [...contracts].sort((a, b) => rank(a) - rank(b));
}
