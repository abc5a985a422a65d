import { webcrypto, type KeyObject } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import { parseCertificate, type Certificate } from '../certificate.ts';
import type { KeyUsage } from '../certificate-extensions.ts';
import { randomSerial, toExtensions, toName, wholeSeconds, type Subject } from '../certificate-parts.ts';
import { X509Certificate, X509CertificateGenerator } from '../x509.ts';

/** A certificate together with its private key. */
export interface IssuedCertificate {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

/** What {@link issueCertificate} puts into a certificate: exactly this, be it right or wrong. */
export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  /** The issuing CA; undefined for a certificate that is issued by itself. */
  readonly issuer?: Certificate;
  /** The issuer's private key, on P-256, P-384 or P-521. */
  readonly signingKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A CA with this path length; `false` turns the CA flag off; undefined leaves basic constraints out. */
  readonly ca?: false | { readonly pathLength?: number };
  /** Left out if undefined. */
  readonly keyUsage?: readonly KeyUsage[];
  /** Addresses of OCSP responders (authority information access); left out if there are none. */
  readonly ocspUrls?: readonly string[];
  /** Addresses of CRLs, a distribution point each; left out if there are none. */
  readonly crlUrls?: readonly string[];
  /** Extended key usages as dotted object identifiers, not critical; left out if there are none. */
  readonly extendedKeyUsages?: readonly string[];
  /** Positive and of at most 20 octets; 20 random octets if undefined. */
  readonly serialNumber?: bigint;
}

const signingAlgorithms: Readonly<Record<string, { readonly curve: string; readonly hash: string }>> = {
  prime256v1: { curve: 'P-256', hash: 'SHA-256' },
  secp384r1: { curve: 'P-384', hash: 'SHA-384' },
  secp521r1: { curve: 'P-521', hash: 'SHA-512' },
};

/**
 * Issues a certificate with subject key identifier and, below an issuer, authority key identifier; basic
 * constraints and key usage are critical. Nothing is checked against a profile, so that tests can have wrong
 * certificates made.
 *
 * @throws ChargeGraphError('BAD_INPUT') if the signing key is on no such curve
 */
export async function issueCertificate(request: CertificateRequest): Promise<Certificate> {
  const { signingKey, issuer, publicKey } = request;
  const algorithm = signingAlgorithms[signingKey.asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) {
    throw new ChargeGraphError('BAD_INPUT', 'The signing key is not on P-256, P-384 or P-521.');
  }
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = toName(request.subject);
  const certificate = await X509CertificateGenerator.create(
    {
      subject,
      issuer: issuer === undefined ? subject : new X509Certificate(Buffer.from(issuer.der)).subjectName,
      publicKey: spki,
      signingKey: await webcrypto.subtle.importKey(
        'pkcs8',
        signingKey.export({ type: 'pkcs8', format: 'der' }),
        { name: 'ECDSA', namedCurve: algorithm.curve },
        false,
        ['sign'],
      ),
      signingAlgorithm: { name: 'ECDSA', hash: algorithm.hash },
      serialNumber: toSerial(request.serialNumber),
      notBefore: wholeSeconds(request.notBefore),
      notAfter: wholeSeconds(request.notAfter),
      extensions: await toExtensions(
        {
          ...request,
          ...(issuer?.subjectKeyIdentifier !== undefined && {
            authorityKeyIdentifier: issuer.subjectKeyIdentifier,
          }),
        },
        spki,
      ),
    },
    webcrypto,
  );
  return parseCertificate(new Uint8Array(certificate.rawData));
}

function toSerial(serialNumber: bigint | undefined): string {
  if (serialNumber !== undefined) {
    const digits = serialNumber.toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    // A leading one bit would make the number negative.
    return /^[89a-f]/.test(even) ? `00${even}` : even;
  }
  return randomSerial();
}
