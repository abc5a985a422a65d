import { randomBytes, webcrypto, type KeyObject } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import { parseCertificate, type Certificate } from '../certificate.ts';
import type { KeyUsage } from '../certificate-extensions.ts';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  Name,
  type Extension,
} from '../x509.ts';

/** A certificate together with its private key. */
export interface IssuedCertificate {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
}

/** The attributes of a subject, in the order in which they are written. */
export interface Subject {
  readonly commonName?: string;
  readonly organization?: string;
  /** Two letters (ISO 3166-1). */
  readonly country?: string;
  readonly domainComponent?: string;
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
  /** Address of the OCSP responder (authority information access); left out if undefined. */
  readonly ocspUrl?: string;
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
      extensions: await toExtensions(request, spki),
    },
    webcrypto,
  );
  return parseCertificate(new Uint8Array(certificate.rawData));
}

async function toExtensions(request: CertificateRequest, spki: Buffer): Promise<Extension[]> {
  const { ca, keyUsage, issuer, ocspUrl } = request;
  const extensions: Extension[] = [];
  if (ca !== undefined) {
    extensions.push(
      new BasicConstraintsExtension(ca !== false, ca === false ? undefined : ca.pathLength, true),
    );
  }
  if (keyUsage !== undefined) {
    const flags = keyUsage.reduce((sum, usage) => sum | KeyUsageFlags[usage], 0);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the library types a set of flags as one flag
    extensions.push(new KeyUsagesExtension(flags, true));
  }
  extensions.push(await SubjectKeyIdentifierExtension.create(spki, false, webcrypto));
  if (issuer?.subjectKeyIdentifier !== undefined) {
    extensions.push(new AuthorityKeyIdentifierExtension(issuer.subjectKeyIdentifier));
  }
  if (ocspUrl !== undefined) extensions.push(new AuthorityInfoAccessExtension({ ocsp: ocspUrl }));
  return extensions;
}

/** String types as RFC 5280 appendix A has them: printable country, IA5 domain component, UTF-8 else. */
function toName(subject: Subject): Name {
  const { commonName, organization, country, domainComponent } = subject;
  return new Name([
    ...(commonName === undefined ? [] : [{ CN: [{ utf8String: commonName }] }]),
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    ...(country === undefined ? [] : [{ C: [{ printableString: country }] }]),
    ...(domainComponent === undefined ? [] : [{ DC: [{ ia5String: domainComponent }] }]),
  ]);
}

function toSerial(serialNumber: bigint | undefined): string {
  if (serialNumber !== undefined) {
    const digits = serialNumber.toString(16);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    // A leading one bit would make the number negative.
    return /^[89a-f]/.test(even) ? `00${even}` : even;
  }
  const octets = randomBytes(20);
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.toString('hex');
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
