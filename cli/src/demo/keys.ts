import type { DemoPki } from '@chargegraph/pki';

/** A demo PKI for each generation of the standard. */
export interface DemoPkis {
  readonly iso2: DemoPki;
  readonly iso20: DemoPki;
}

/** Names of the demo's keys in the key store: the signers' and those of the CAs that generate contracts. */
export const demoKeys = {
  iso2: { signer: 'demo-cps', contractCa: 'demo-mo-ca' },
  iso20: { signer: 'demo-cps-20', contractCa: 'demo-mo-ca-20' },
} as const;

/** The generations of the standard, as the demo calls them. */
export const editions = ['iso2', 'iso20'] as const;

/** One of {@link editions}. */
export type Edition = (typeof editions)[number];
