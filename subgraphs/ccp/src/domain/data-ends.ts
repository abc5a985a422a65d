import type { Certificate } from '@chargegraph/pki';
import type { ResponseCertificates } from './response-certificates.ts';

/** What is noted beside signed data, to find it by the ends of its certificates. */
export interface DataEnds {
  /** Of the provisioning service's certificate. */
  readonly signerFingerprint: string;
  /** When the first certificate of the provisioning service's chain ends, root included. */
  readonly signerEndsAt: Date;
  /** When the contract certificate itself ends. */
  readonly contractNotAfter: Date;
  /** When the first certificate of the contract's chain ends, root included. */
  readonly contractChainEndsAt: Date;
}

/** When the first of some certificates ends. */
export const endOf = (chain: readonly Certificate[]): Date =>
  new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime())));

/**
 * The ends of signed data, each of whose certificates is part of its chains.
 *
 * @param roots what the chains end at; of a root that is not known any more the end does not count
 */
export const endsOf = (
  { contract, contractSubCas, cps, cpsSubCas }: ResponseCertificates,
  roots: { readonly cps: Certificate | undefined; readonly contract: Certificate | undefined },
): DataEnds => ({
  signerFingerprint: cps.fingerprint,
  signerEndsAt: endOf([cps, ...cpsSubCas, ...known(roots.cps)]),
  contractNotAfter: contract.notAfter,
  contractChainEndsAt: endOf([contract, ...contractSubCas, ...known(roots.contract)]),
});

const known = (root: Certificate | undefined) => (root === undefined ? [] : [root]);
