import { emaidParts } from '@chargegraph/iso15118';
import { checkPathProfile, warningsOf, type Certificate, type CertificateRole } from '@chargegraph/pki';
import type { Namespace } from './contract.ts';
import { editionOf } from './edition.ts';
import type { ResponseCertificates } from './response-certificates.ts';

/**
 * In what the two chains of signed data depart from the profile of their leaves and CAs (ISO 15118-2 annex F): a
 * signer that is no provisioning service's among them.
 *
 * @param roots those that the chains were verified up to, where they are at hand
 */
export function profileWarnings(
  { cps, cpsSubCas, contract, contractSubCas }: ResponseCertificates,
  namespace: Namespace,
  roots: { readonly cps?: Certificate; readonly contract?: Certificate } = {},
): string[] {
  return [
    ...pathWarnings([cps, ...cpsSubCas], 'CPS_LEAF', namespace, roots.cps),
    ...contractWarnings([contract, ...contractSubCas], namespace, roots.contract),
  ];
}

/**
 * The same of a contract's chain alone.
 *
 * @param path from the contract certificate on, without the root
 */
export const contractWarnings = (
  path: readonly Certificate[],
  namespace: Namespace,
  root: Certificate | undefined,
): string[] => pathWarnings(path, 'CONTRACT_LEAF', namespace, root);

function pathWarnings(
  path: readonly Certificate[],
  role: CertificateRole,
  namespace: Namespace,
  root: Certificate | undefined,
): string[] {
  const findings = checkPathProfile(path, role, { edition: editionOf(namespace), root });
  // How many CAs may follow is the chain's to say, which may be longer than the profile's.
  return warningsOf(findings.filter(({ code }) => code !== 'PATH_LENGTH'));
}

/**
 * Warns of a wrong check digit (ISO 15118-2 annex H), wherever the data spells the EMAID.
 *
 * @param spellings those of the message and of the contract certificate
 */
export function checkDigitWarnings(spellings: readonly (string | undefined)[]): string[] {
  const wrong = spellings.filter((text) => text !== undefined && !emaidParts(text).checkDigitValid);
  return [...new Set(wrong)].map((text) => `The check digit of the EMAID ${String(text)} is wrong.`);
}
