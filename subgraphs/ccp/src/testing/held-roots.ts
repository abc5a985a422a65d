import type { Certificate } from '@chargegraph/pki';
import { createRootSet } from '@chargegraph/trust';
import type { VariantQuestion } from '../domain/choose-variant.ts';

const endless = new Date('9999-12-31T00:00:00Z');
const rootOf = (fingerprint: string) =>
  ({ fingerprint, subject: `CN=${fingerprint}`, serialNumber: 0n, notAfter: endless }) as Certificate;

/** RCP's roots by fingerprint alone, none of which is renewed, for the choice among data that no test has signed. */
export function heldRoots(held: {
  readonly v2g: readonly string[];
  readonly mo: readonly string[];
}): Pick<VariantQuestion, 'trusted' | 'chains'> {
  const trusted = createRootSet([
    ...held.v2g.map((each) => ({ type: 'V2G' as const, certificate: rootOf(each) })),
    ...held.mo.map((each) => ({ type: 'MO' as const, certificate: rootOf(each) })),
  ]);
  const end = (fingerprint: string, ...types: ('V2G' | 'MO')[]) =>
    trusted.has(fingerprint, ...types) ? { root: rootOf(fingerprint), path: [] } : { failure: 'It is gone.' };
  return {
    trusted,
    chains: ({ v2gRoot, contractRootFingerprint, endsAt }) => ({
      certificates: [{ notAfter: endsAt } as Certificate],
      contract: end(contractRootFingerprint, 'MO', 'V2G'),
      cps: end(v2gRoot.fingerprint, 'V2G'),
    }),
  };
}
