import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import type { SignedContractData } from './contract.ts';
import { storedCertificates } from './response-certificates.ts';

/** The verdict on stored data as of now: the dates of both chains, whose signatures held when it was stored. */
export function verdictOfData(data: SignedContractData, now: Date): CertificateVerdictFields {
  const { contract, contractSubCas, cps, cpsSubCas } = storedCertificates(data);
  const verdict = verdictOfDates([contract, ...contractSubCas, cps, ...cpsSubCas], now, data.storedAt);
  if (verdict.status === 'EXPIRED' || now < data.endsAt) return verdict;
  // None of these has ended, so it is one of the roots, which stand in RCP and count in the end alone.
  return {
    ...verdict,
    status: 'EXPIRED',
    reasons: [...verdict.reasons, `The root of a chain ended on ${data.endsAt.toISOString()}.`],
  };
}
