import type { Probe } from './probe.ts';
import { contractProbes } from './probes-ccp.ts';
import { signingProbes } from './probes-cps.ts';
import { identityProbes } from './probes-identity.ts';
import { provisioningProbes } from './probes-pcp.ts';
import { rootProbes } from './probes-rcp.ts';

/** How each field of `Query` and `Mutation` is tried. */
export const probes: readonly Probe[] = [
  ...rootProbes,
  ...provisioningProbes,
  ...signingProbes,
  ...contractProbes,
  ...identityProbes,
];
