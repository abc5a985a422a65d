import { id_kp_OCSPSigning, id_pkix_ocsp_nocheck } from '@peculiar/asn1-ocsp';
import { parseCertificate, type Certificate } from '../certificate.ts';
import { checkValidity } from '../validity.ts';
import { octetsOf, sameName } from './certificate-octets.ts';
import { readOnlyElement, type Element } from './elements.ts';
import { NoVerdict } from './no-verdict.ts';

/** Who may have signed an answer. */
export interface OcspSigner {
  readonly certificate: Certificate;
  /** How the sentence about the verdict names it. */
  readonly name: string;
}

/** So many certificates of an answer are looked at. */
const mostCertificates = 8;

/** What a delegated signer's certificate may have marked critical. */
const understood: ReadonlySet<string> = new Set([
  '2.5.29.14', // subject key identifier
  '2.5.29.15', // key usage
  '2.5.29.17', // subject alternative name
  '2.5.29.19', // basic constraints
  '2.5.29.31', // CRL distribution points
  '2.5.29.32', // certificate policies
  '2.5.29.35', // authority key identifier
  '2.5.29.37', // extended key usage
  '1.3.6.1.5.5.7.1.1', // authority information access
  id_pkix_ocsp_nocheck,
]);

/**
 * Who may have signed an answer under the name it gives (RFC 6960 clause 4.2.2.2): the issuer itself, or somebody whom
 * the issuer certified directly for that. A delegated signer is not asked about in turn, with or without the extension
 * id-pkix-ocsp-nocheck: it is the issuer's choice, and such certificates live shortly.
 *
 * @param responderId the ResponderID in DER
 * @param certificates those of the answer, in DER
 * @returns at least one
 * @throws NoVerdict if there is nobody
 */
export function signersOf(
  responderId: Element,
  certificates: readonly Uint8Array[],
  issuer: Certificate,
  now: Date,
): OcspSigner[] {
  const signers: OcspSigner[] = [];
  if (isNamed(issuer, responderId)) signers.push({ certificate: issuer, name: 'The issuer itself' });
  let refusal: string | undefined;
  for (const der of certificates.slice(0, mostCertificates)) {
    const certificate = parseCertificate(der);
    if (certificate.fingerprint === issuer.fingerprint || !isNamed(certificate, responderId)) continue;
    const reason = refusalOf(certificate, issuer, now);
    if (reason === undefined) signers.push({ certificate, name: "The issuer's delegated responder" });
    refusal ??= reason;
  }
  if (signers.length > 0) return signers;
  throw new NoVerdict(refusal ?? 'gave an answer whose signer is not known');
}

function isNamed(certificate: Certificate, { context, value }: Element): boolean {
  const { subject, keyHash } = octetsOf(certificate);
  if (context === 1) return sameName(value, subject);
  return context === 2 && keyHash.equals(readOnlyElement(value).value);
}

function refusalOf(certificate: Certificate, issuer: Certificate, now: Date): string | undefined {
  const refused = (why: string): string => `gave an answer whose signer ${why}`;
  const [authority, subject] = [certificate.authorityKeyIdentifier, issuer.subjectKeyIdentifier];
  const anotherKey = authority !== undefined && subject !== undefined && authority !== subject;
  if (certificate.issuerKey !== issuer.subjectKey || anotherKey || !certificate.isSignedBy(issuer)) {
    return refused("was not certified by the certificate's issuer");
  }
  if (!certificate.extendedKeyUsages.includes(id_kp_OCSPSigning))
    return refused('is not allowed to sign answers');
  const { keyUsage } = certificate;
  const maySign =
    keyUsage === undefined || keyUsage.has('digitalSignature') || keyUsage.has('nonRepudiation');
  if (!maySign) return refused('is not allowed to sign at all');
  if (checkValidity(certificate, now) !== undefined) return refused('is out of its dates');
  if ([...certificate.criticalExtensions].some((type) => !understood.has(type))) {
    return refused('has a critical extension that is not known');
  }
  return undefined;
}
