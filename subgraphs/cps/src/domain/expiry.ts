import type { EndCounts, ExpiryOfKind, ExpiryQuestion } from '@chargegraph/expiry';
import type { Certificate } from '@chargegraph/pki';
import type { RootSet } from '@chargegraph/trust';
import type { ContractCa } from './contract-ca.ts';
import { underHeldRoot } from './held-chain.ts';
import type { Signer } from './signer.ts';

/** Signers and CAs as they are counted: those that are not retired. */
export interface ChainedCounts {
  /** Of one moment. */
  counts(question: ExpiryQuestion): Promise<{
    readonly signers: EndCounts & { readonly revoked: number };
    readonly contractCas: EndCounts & { readonly revoked: number };
  }>;
  signers(): Promise<readonly Signer[]>;
  contractCas(): Promise<readonly ContractCa[]>;
}

/**
 * Counts the service's signers and CAs by the ends of their chains.
 *
 * @param held undefined while it is not known which roots RCP holds
 */
export async function signingExpiry(
  counts: ChainedCounts,
  held: RootSet | undefined,
  question: ExpiryQuestion,
): Promise<readonly ExpiryOfKind[]> {
  const withoutRoot = (chains: readonly (Signer | ContractCa)[], anchors: readonly Certificate[]) =>
    chains.filter((chained) => underHeldRoot(chained, anchors, question.now) === undefined).length;
  const { signers, contractCas } = await counts.counts(question);
  return [
    {
      kind: 'CPS_SIGNER',
      ...signers,
      invalidChain: held && withoutRoot(await counts.signers(), held.of('V2G')),
    },
    {
      kind: 'CONTRACT_CA',
      ...contractCas,
      invalidChain: held && withoutRoot(await counts.contractCas(), held.of('MO', 'V2G')),
    },
  ];
}
