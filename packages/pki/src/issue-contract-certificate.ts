import type { KeyObject, webcrypto } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import { organizationType } from './attribute-types.ts';
import { parseCertificate, type Certificate } from './certificate.ts';
import { randomSerial, toExtensions, toName, wholeSeconds } from './certificate-parts.ts';
import { attributeValues, parseDistinguishedName } from './distinguished-name.ts';
import { checkProfile } from './profile.ts';
import { profileRules, type Lifetime } from './profile-rules.ts';
import { X509Certificate, X509CertificateGenerator } from './x509.ts';

/** A CA whose private key somebody else holds, such as a key store. */
export interface IssuingCa {
  readonly certificate: Certificate;
  /**
   * Signs with the CA's key as {@link KeyStore.sign} does: ECDSA as r and s one behind the other with the hash that
   * fits the curve, or Ed448.
   */
  readonly sign: (octets: Uint8Array) => Promise<Uint8Array>;
}

/** The contract certificate that is wanted. */
export interface ContractCertificateOrder {
  /** Becomes the common name, as it is spelt. */
  readonly emaid: string;
  /** The contract's key. */
  readonly publicKey: KeyObject;
  /** Milliseconds are dropped. */
  readonly notBefore: Date;
  /** Milliseconds are dropped. */
  readonly notAfter: Date;
  readonly edition: '-2' | '-20';
  /** Address of the OCSP responder that answers for it; left out if undefined. */
  readonly ocspUrl?: string | undefined;
  /** Address of the CRL that tells whether it was revoked; left out if undefined. */
  readonly crlUrl?: string | undefined;
}

/** How long a contract certificate may be valid (ISO 15118-2 annex F). */
export const contractLifetime: Lifetime = profileRules.CONTRACT_LEAF.lifetime([]) ?? {
  minimum: 0,
  maximum: Infinity,
};

interface SigningAlgorithm {
  readonly name: string;
  readonly hash?: string;
}

/** The library's names for what a CA with a key of that kind signs with; the hashes are those of a key store. */
const algorithms: Readonly<Record<string, { readonly key: object; readonly signing: SigningAlgorithm }>> = {
  'P-256': { key: { name: 'ECDSA', namedCurve: 'P-256' }, signing: { name: 'ECDSA', hash: 'SHA-256' } },
  'P-521': { key: { name: 'ECDSA', namedCurve: 'P-521' }, signing: { name: 'ECDSA', hash: 'SHA-512' } },
  Ed448: { key: { name: 'EdDSA', namedCurve: 'Ed448' }, signing: { name: 'EdDSA' } },
};

/**
 * Issues a contract certificate that keeps its profile strictly (ISO 15118-2 annex F; keys and size of -20 where that
 * edition is asked for), with a random serial number of 20 octets and the CA's organisation. The CA's key stays where
 * it is.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID when the order would break the profile, with the sentence that says
 *   how; SIGNER_UNAVAILABLE when the CA's key is of a kind that certifies nothing in ISO 15118, or `sign` refuses
 */
export async function issueContractCertificateWith(
  ca: IssuingCa,
  order: ContractCertificateOrder,
): Promise<Certificate> {
  const issuer = ca.certificate;
  const algorithm = algorithms[issuer.curve];
  if (algorithm === undefined) {
    throw new ChargeGraphError(
      'SIGNER_UNAVAILABLE',
      `The CA has a key of ${issuer.curve}, which certifies nothing in ISO 15118.`,
    );
  }
  const spki = order.publicKey.export({ type: 'spki', format: 'der' });
  const issued = await X509CertificateGenerator.create(
    {
      subject: toName({
        commonName: order.emaid,
        ...organizationOf(issuer),
        domainComponent: 'MO',
      }),
      issuer: new X509Certificate(Buffer.from(issuer.der)).subjectName,
      publicKey: spki,
      signingKey: { algorithm: algorithm.key } as webcrypto.CryptoKey,
      signingAlgorithm: algorithm.signing,
      serialNumber: randomSerial(),
      notBefore: wholeSeconds(order.notBefore),
      notAfter: wholeSeconds(order.notAfter),
      extensions: await toExtensions(
        {
          ca: false,
          keyUsage: profileRules.CONTRACT_LEAF.keyUsage,
          ...(issuer.subjectKeyIdentifier !== undefined && {
            authorityKeyIdentifier: issuer.subjectKeyIdentifier,
          }),
          ...(order.ocspUrl !== undefined && { ocspUrls: [order.ocspUrl] }),
          ...(order.crlUrl !== undefined && { crlUrls: [order.crlUrl] }),
        },
        spki,
      ),
    },
    signingBy(ca),
  );
  const certificate = parseCertificate(new Uint8Array(issued.rawData));
  const [finding] = checkProfile(certificate, 'CONTRACT_LEAF', {
    edition: order.edition,
    profile: 'strict',
    issuer,
  });
  if (finding !== undefined) throw new ChargeGraphError('CERTIFICATE_INVALID', finding.message);
  return certificate;
}

function organizationOf(ca: Certificate): { organization?: string } {
  const [organization] = attributeValues(parseDistinguishedName(ca.subject) ?? [], organizationType);
  return organization === undefined ? {} : { organization };
}

/**
 * What the library takes for the platform's cryptography. It encodes what is to be signed and the signature; all that
 * it asks for is the signature between the two.
 */
function signingBy(ca: IssuingCa): webcrypto.Crypto {
  const subtle = {
    sign: async (_algorithm: unknown, _key: unknown, octets: ArrayBuffer) => ca.sign(new Uint8Array(octets)),
  };
  return { subtle } as unknown as webcrypto.Crypto;
}
