import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { isTrusted } from './choose-variant.ts';
import type { SignedContractData } from './contract.ts';
import type { TrustedRoots } from './other-pools.ts';
import { storedCertificates } from './response-certificates.ts';

/**
 * The verdict on stored data as of now: the dates of both chains, whose signatures held when it was stored, and
 * whether RCP still holds their roots.
 */
export function verdictOfData(
  data: SignedContractData,
  trusted: TrustedRoots,
  now: Date,
): CertificateVerdictFields {
  const { contract, contractSubCas, cps, cpsSubCas } = storedCertificates(data);
  const verdict = verdictOfDates([contract, ...contractSubCas, cps, ...cpsSubCas], now, data.storedAt);
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
