import { createHash } from 'node:crypto';
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifier,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  id_data,
  id_signedData,
  IssuerAndSerialNumber,
  SignatureAlgorithmIdentifier,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
} from '@peculiar/asn1-cms';
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from '@peculiar/asn1-schema';
import { Certificate as AsnCertificate, Time } from '@peculiar/asn1-x509';
import { ASN1Construction, ASN1TagClass, ASN1UniversalType, DERElement } from 'asn1-ts';
import { ChargeGraphError } from '@chargegraph/service';
import { wholeSeconds } from './certificate-parts.ts';
import type { IssuingCa } from './issue-contract-certificate.ts';
import { AsnEcSignatureFormatter } from './x509.ts';

const sha256 = '2.16.840.1.101.3.4.2.1';
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const contentType = '1.2.840.113549.1.9.3';
const messageDigest = '1.2.840.113549.1.9.4';
const signingTime = '1.2.840.113549.1.9.5';

/**
 * Signs octets as CMS SignedData (RFC 5652) that holds them and the signer's certificate, with ECDSA on P-256 and SHA-256.
 *
 * @param signer its key signs as {@link KeyStore.sign} does, and stays where it is
 * @param signedAt milliseconds are dropped
 * @returns ContentInfo in DER
 * @throws ChargeGraphError SIGNER_UNAVAILABLE for a key that is not on P-256, or when `sign` refuses
 */
export async function signCms(
  { certificate, sign }: IssuingCa,
  content: Uint8Array,
  signedAt: Date,
): Promise<Uint8Array> {
  if (certificate.curve !== 'P-256')
    throw new ChargeGraphError('SIGNER_UNAVAILABLE', 'The signer of the list has no key on P-256.');
  const signedAttrs = [
    attribute(contentType, AsnObjectIdentifierConverter.toASN(id_data).toBER()),
    attribute(signingTime, AsnConvert.serialize(new Time(wholeSeconds(signedAt)))),
    attribute(
      messageDigest,
      AsnConvert.serialize(new OctetString(createHash('sha256').update(content).digest())),
    ),
  ].sort((a, b) => Buffer.compare(encode(a), encode(b)));
  const signature = new AsnEcSignatureFormatter().toAsnSignature(
    { name: 'ECDSA', namedCurve: 'P-256' },
    Uint8Array.from(await sign(setOf(signedAttrs))).buffer,
  );
  if (signature === null) throw new Error('The signature could not be encoded.');
  const signer = AsnConvert.parse(certificate.der, AsnCertificate);
  const { issuer, serialNumber } = signer.tbsCertificate;
  const digestAlgorithm = new DigestAlgorithmIdentifier({ algorithm: sha256 });
  const signed = new SignedData({
    version: CMSVersion.v1,
    digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: id_data,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    certificates: new CertificateSet([new CertificateChoices({ certificate: signer })]),
    signerInfos: new SignerInfos([
      new SignerInfo({
        version: CMSVersion.v1,
        sid: new SignerIdentifier({
          issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }),
        }),
        digestAlgorithm,
        signedAttrs,
        signatureAlgorithm: new SignatureAlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
        signature: new OctetString(signature),
      }),
    ]),
  });
  return encode(new ContentInfo({ contentType: id_signedData, content: AsnConvert.serialize(signed) }));
}

const attribute = (attrType: string, value: ArrayBuffer) => new Attribute({ attrType, attrValues: [value] });

const encode = (value: object): Uint8Array => new Uint8Array(AsnConvert.serialize(value));

/** What is signed of the attributes: they as a SET OF, in the order of their octets (RFC 5652 clause 5.4). */
const setOf = (sorted: readonly Attribute[]): Uint8Array =>
  new DERElement(
    ASN1TagClass.universal,
    ASN1Construction.constructed,
    ASN1UniversalType.set,
    Buffer.concat(sorted.map(encode)),
  ).toBytes();
