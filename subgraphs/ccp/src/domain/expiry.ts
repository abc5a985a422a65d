import {
  countWithoutRoot,
  type ChainsByRoot,
  type EndCounts,
  type ExpiryOfKind,
  type ExpiryQuestion,
} from '@chargegraph/expiry';
import type { RootSet } from '@chargegraph/trust';
import type { SignedContractData } from './contract.ts';
import { presentChains } from './present-chains.ts';

/** One of the two chains of signed data: the contract's, or that of the provisioning service that signed it. */
export interface ChainCounts extends ChainsByRoot {
  /** Some data whose chain ended at this root when it was stored; undefined when the last has just gone. */
  oneUnder(root: string): Promise<SignedContractData | undefined>;
}

/** Signed data as it is counted. */
export interface DataCounts {
  /** By the end of the contract certificate, and by that of the signature's chain; of one moment. */
  counts(question: ExpiryQuestion): Promise<{
    readonly contract: EndCounts & { readonly revoked: number };
    readonly cps: EndCounts;
  }>;
  readonly contract: ChainCounts;
  readonly cps: ChainCounts;
}

const anchorTypes = { contract: ['MO', 'V2G'], cps: ['V2G'] } as const;

/**
 * Counts the pool's signed data by its ends.
 *
 * @param held undefined while it is not known which roots RCP holds
 */
export async function contractExpiry(
  counts: DataCounts,
  held: RootSet | undefined,
  question: ExpiryQuestion,
): Promise<readonly ExpiryOfKind[]> {
  const withoutRoot = async (chain: 'contract' | 'cps'): Promise<number | undefined> => {
    if (held === undefined) return undefined;
    return await countWithoutRoot(counts[chain], async (root) => {
      if (held.has(root, ...anchorTypes[chain])) return true;
      const data = await counts[chain].oneUnder(root);
      return data === undefined || presentChains(data, held, question.now)[chain].failure === undefined;
    });
  };
  const { contract, cps } = await counts.counts(question);
  return [
    { kind: 'CONTRACT', ...contract, invalidChain: await withoutRoot('contract') },
    { kind: 'CONTRACT_SIGNATURE', ...cps, invalidChain: await withoutRoot('cps') },
  ];
}
