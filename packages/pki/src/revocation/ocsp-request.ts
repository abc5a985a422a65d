import { randomBytes } from 'node:crypto';
import { CertID, id_pkix_ocsp_nonce, OCSPRequest, Request, TBSRequest } from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Extension } from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate.ts';
import { octetsOf, sha1 } from './certificate-octets.ts';
import { integerOctets } from './integer-octets.ts';

/** What a responder is asked. */
export interface OcspQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** The nonce extension's value, an OCTET STRING in DER. */
  readonly nonce: Uint8Array;
  /** The OCSPRequest in DER. */
  readonly request: Uint8Array;
}

/** SHA-1, which responders understand without exception; the hashes only name the issuer. */
export const certIdHash = '1.3.14.3.2.26';

/** The length that RFC 9654 asks for, in octets. */
const nonceLength = 32;

/** Writes the question whether `certificate`, issued by `issuer`, is revoked (RFC 6960 clause 4.1, RFC 9654). */
export function askAbout(certificate: Certificate, issuer: Certificate): OcspQuestion {
  const issuerNameHash = sha1(octetsOf(certificate).issuer);
  const issuerKeyHash = octetsOf(issuer).keyHash;
  const nonce = AsnConvert.serialize(new OctetString(randomBytes(nonceLength)));
  const reqCert = new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithm: certIdHash, parameters: null }),
    issuerNameHash: new OctetString(issuerNameHash),
    issuerKeyHash: new OctetString(issuerKeyHash),
    serialNumber: Uint8Array.from(integerOctets(certificate.serialNumber)).buffer,
  });
  const tbsRequest = new TBSRequest({
    requestList: [new Request({ reqCert })],
    requestExtensions: [new Extension({ extnID: id_pkix_ocsp_nonce, extnValue: new OctetString(nonce) })],
  });
  return {
    certificate,
    issuer,
    issuerNameHash,
    issuerKeyHash,
    nonce: new Uint8Array(nonce),
    request: new Uint8Array(AsnConvert.serialize(new OCSPRequest({ tbsRequest }))),
  };
}
