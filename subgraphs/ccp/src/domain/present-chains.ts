import type { Certificate } from '@chargegraph/pki';
import { heldRoot, type HeldRoot, type RootSet } from '@chargegraph/trust';
import type { SignedContractData } from './contract.ts';
import { certificatesOf, storedCertificates } from './response-certificates.ts';

/** The two chains of stored data as of now. */
export interface PresentChains {
  /** What is in the data: the contract certificate first, then all that is above it or signed it. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** The root that the contract's chain ends at, of those that RCP holds for that. */
  readonly contract: HeldRoot;
  /** The same of the provisioning service's. */
  readonly cps: HeldRoot;
}

/** Finds the roots that the chains of stored data end at: those they were stored with, or renewed ones. */
export function presentChains(data: SignedContractData, trusted: RootSet, now: Date): PresentChains {
  const { contract, contractSubCas, cps, cpsSubCas } = storedCertificates(data);
  return {
    certificates: certificatesOf(data),
    contract: heldRoot({ leaf: contract, subCas: contractSubCas }, trusted.of('MO', 'V2G'), {
      now,
      preferred: [data.contractRootFingerprint],
    }),
    cps: heldRoot({ leaf: cps, subCas: cpsSubCas }, trusted.of('V2G'), {
      now,
      preferred: [data.v2gRoot.fingerprint],
    }),
  };
}
