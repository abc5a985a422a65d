import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { profileWarnings } from './certificates.ts';
import type { ContractCa } from './contract-ca.ts';
import { editions } from './edition.ts';
import { chainOf, type Signer } from './signer.ts';

/**
 * The verdict on a signer's or CA's chain, by the dates as of now, with what it departs from the profile in: a signer
 * whose certificate is one of another role says so.
 *
 * @param role undefined for a CA
 */
export function chainVerdict(
  chained: Signer | ContractCa,
  role: 'CPS_LEAF' | undefined,
  now: Date,
): CertificateVerdictFields {
  const { addedAt, namespace } = chained;
  const warnings = profileWarnings({ ...chained, role, edition: editions[namespace] });
  return verdictOfDates(chainOf(chained), now, addedAt, warnings);
}
