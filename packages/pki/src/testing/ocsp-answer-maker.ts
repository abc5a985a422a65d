import { createHash, type KeyObject } from 'node:crypto';
import {
  BasicOCSPResponse,
  type CertID,
  CertStatus,
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  KeyHash,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
} from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Certificate as AsnCertificate, CRLReason, CRLReasons, Extension } from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate.ts';
import type { RevocationReason } from '../revocation/status.ts';
import { signingWith } from './sign-der.ts';

/** What a responder knows of one certificate. */
export type KnownStatus =
  | { readonly status: 'GOOD' }
  | { readonly status: 'UNKNOWN' }
  | { readonly status: 'REVOKED'; readonly at: Date; readonly reason?: RevocationReason | undefined };

/** A question as a responder reads it. */
export interface ReceivedQuestion {
  readonly certId: CertID;
  readonly serialNumber: bigint;
  /** Hexadecimal digits. */
  readonly issuerKeyHash: string;
  /** The nonce extension's value. */
  readonly nonce: Uint8Array | undefined;
}

/** Reads an OCSPRequest in DER with one question. */
export function readOcspRequest(octets: Uint8Array): ReceivedQuestion {
  const { tbsRequest } = AsnConvert.parse(octets, OCSPRequest);
  const [request] = tbsRequest.requestList;
  if (request === undefined) throw new Error('The request asks nothing.');
  const nonce = tbsRequest.requestExtensions?.find(({ extnID }) => extnID === id_pkix_ocsp_nonce);
  const { serialNumber, issuerKeyHash } = request.reqCert;
  return {
    certId: request.reqCert,
    serialNumber: BigInt(`0x${Buffer.from(serialNumber).toString('hex')}`),
    issuerKeyHash: Buffer.from(issuerKeyHash.buffer).toString('hex'),
    nonce: nonce && new Uint8Array(nonce.extnValue.buffer),
  };
}

/** An answer to be, right or wrong. */
export interface OcspAnswerRequest {
  readonly certId: CertID;
  readonly status: KnownStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date | undefined;
  /** `thisUpdate` unless given. */
  readonly producedAt?: Date | undefined;
  /** Left out if undefined. */
  readonly nonce?: Uint8Array | undefined;
  /** Whose key the answer names, and its private half unless `signingKey` is given. */
  readonly signer: { readonly certificate: Certificate; readonly privateKey: KeyObject };
  readonly signingKey?: KeyObject | undefined;
  /** Put into the answer. */
  readonly certificates?: readonly Certificate[];
  readonly responderId?: 'NAME' | 'KEY' | undefined;
}

/** Writes and signs an OCSPResponse in DER. */
export function makeOcspAnswer(request: OcspAnswerRequest): Buffer {
  const { thisUpdate, nextUpdate, signer, nonce, certificates = [] } = request;
  const signing = signingWith(request.signingKey ?? signer.privateKey);
  const { tbsCertificate } = AsnConvert.parse(signer.certificate.der, AsnCertificate);
  const key = tbsCertificate.subjectPublicKeyInfo.subjectPublicKey;
  const keyHash = createHash('sha1').update(new Uint8Array(key)).digest();
  const tbsResponseData = new ResponseData({
    responderID:
      request.responderId === 'NAME'
        ? new ResponderID({ byName: tbsCertificate.subject })
        : new ResponderID({ byKey: new KeyHash(keyHash) }),
    producedAt: request.producedAt ?? thisUpdate,
    responses: [
      new SingleResponse({
        certID: request.certId,
        certStatus: toCertStatus(request.status),
        thisUpdate,
        ...(nextUpdate && { nextUpdate }),
      }),
    ],
    ...(nonce && {
      responseExtensions: [new Extension({ extnID: id_pkix_ocsp_nonce, extnValue: new OctetString(nonce) })],
    }),
  });
  const signature = Uint8Array.from(signing.sign(new Uint8Array(AsnConvert.serialize(tbsResponseData))));
  const basic = new BasicOCSPResponse({
    tbsResponseData,
    signatureAlgorithm: signing.algorithm,
    signature: signature.buffer,
    ...(certificates.length > 0 && {
      certs: certificates.map(({ der }) => AsnConvert.parse(der, AsnCertificate)),
    }),
  });
  return Buffer.from(
    AsnConvert.serialize(
      new OCSPResponse({
        responseStatus: OCSPResponseStatus.successful,
        responseBytes: new ResponseBytes({
          responseType: id_pkix_ocsp_basic,
          response: new OctetString(AsnConvert.serialize(basic)),
        }),
      }),
    ),
  );
}

/** Writes an OCSPResponse in DER that only says why there is none. */
export function makeOcspError(responseStatus: OCSPResponseStatus): Buffer {
  return Buffer.from(AsnConvert.serialize(new OCSPResponse({ responseStatus })));
}

function toCertStatus(known: KnownStatus): CertStatus {
  if (known.status === 'GOOD') return new CertStatus({ good: null });
  if (known.status === 'UNKNOWN') return new CertStatus({ unknown: null });
  const { at, reason } = known;
  const revocationReason = reason === undefined ? undefined : new CRLReason(CRLReasons[reason]);
  return new CertStatus({
    revoked: new RevokedInfo({ revocationTime: at, ...(revocationReason && { revocationReason }) }),
  });
}
