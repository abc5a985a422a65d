import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { isTrusted } from './choose-variant.ts';
import type { SignedContractData } from './contract.ts';
import { checkDigitWarnings, profileWarnings } from './data-warnings.ts';
import type { TrustedRoots } from './other-pools.ts';
import { signedEmaid, storedCertificates } from './response-certificates.ts';

/**
 * The verdict on stored data as of now: the dates of both chains, whose signatures held when it was stored, and
 * whether RCP still holds their roots. What of profile and check digit was only warned of stands among its reasons.
 */
export function verdictOfData(
  data: SignedContractData,
  trusted: TrustedRoots,
  now: Date,
): CertificateVerdictFields {
  const certificates = storedCertificates(data);
  const { contract, contractSubCas, cps, cpsSubCas } = certificates;
  const warnings = [
    ...profileWarnings(certificates, data.namespace),
    ...checkDigitWarnings([signedEmaid(data), contract.commonName]),
  ];
  const chain = [contract, ...contractSubCas, cps, ...cpsSubCas];
  const verdict = verdictOfDates(chain, now, data.storedAt, warnings);
  if (verdict.status === 'EXPIRED') return verdict;
  if (!isTrusted(data, trusted)) {
    return {
      status: 'INVALID_CHAIN',
      reasons: [...verdict.reasons, 'The root of a chain is no longer in the root certificate pool.'],
      source: verdict.source,
      checkedAt: now,
    };
  }
  if (now < data.endsAt) return verdict;
  // None of these has ended, so it is one of the roots, which stand in RCP and count in the end alone.
  return {
    ...verdict,
    status: 'EXPIRED',
    reasons: [...verdict.reasons, `The root of a chain ended on ${data.endsAt.toISOString()}.`],
  };
}
