import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import type { OperationRevocation } from '@chargegraph/revocation';
import type { RootSet } from '@chargegraph/trust';
import type { SignedContractData } from './contract.ts';
import { checkDigitWarnings, profileWarnings } from './data-warnings.ts';
import { presentChains } from './present-chains.ts';
import { signedEmaid, storedCertificates } from './response-certificates.ts';

/** What is known of its certificates' revocation, by fingerprint. */
type KnownStatuses = Awaited<ReturnType<OperationRevocation['counting']>>;

/**
 * The verdict on stored data as of now: it is EXPIRED once the contract certificate itself has ended, REVOKED when that is
 * itself revoked, INVALID_CHAIN when anything above that, or in the chain of its signature, is, or RCP holds no root of
 * either. What of profile and check
 * digit was only warned of stands among its reasons.
 */
export function verdictOfData(
  data: SignedContractData,
  {
    trusted,
    statuses,
    now,
  }: { readonly trusted: RootSet; readonly statuses: KnownStatuses; readonly now: Date },
): CertificateVerdictFields {
  const certificates = storedCertificates(data);
  const warnings = [
    ...profileWarnings(certificates, data.namespace),
    ...checkDigitWarnings([signedEmaid(data), certificates.contract.commonName]),
  ];
  const { certificates: chain, contract, cps } = presentChains(data, trusted, now);
  const ends = [contract, cps];
  return verdictOfDates(
    [...chain, ...ends.flatMap(({ root }) => root ?? [])],
    now,
    now,
    warnings,
    ends.flatMap(({ failure }) => failure ?? []),
    statuses,
  );
}
