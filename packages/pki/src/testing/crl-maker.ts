import type { KeyObject } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  Certificate as AsnCertificate,
  CertificateList,
  CRLReason,
  CRLReasons,
  Extension,
  id_ce_cRLReasons,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
} from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate.ts';
import { integerOctets } from '../revocation/integer-octets.ts';
import type { RevocationReason } from '../revocation/status.ts';
import { signingWith } from './sign-der.ts';

/** An entry of a CRL to be. */
export interface CrlEntryRequest {
  readonly serialNumber: bigint;
  readonly at: Date;
  readonly reason?: RevocationReason | undefined;
  /** Others than the reason. */
  readonly extensions?: readonly Extension[];
}

/** A CRL to be, right or wrong. */
export interface CrlRequest {
  readonly issuer: { readonly certificate: Certificate; readonly privateKey: KeyObject };
  readonly signingKey?: KeyObject;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date | undefined;
  readonly entries: readonly CrlEntryRequest[];
  readonly extensions?: readonly Extension[];
}

/** Writes and signs a CRL in DER. */
export function makeCrl({ issuer, thisUpdate, nextUpdate, entries, ...rest }: CrlRequest): Buffer {
  const signing = signingWith(rest.signingKey ?? issuer.privateKey);
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature: signing.algorithm,
    issuer: AsnConvert.parse(issuer.certificate.der, AsnCertificate).tbsCertificate.subject,
    thisUpdate: new Time(thisUpdate),
    ...(nextUpdate && { nextUpdate: new Time(nextUpdate) }),
    ...(entries.length > 0 && { revokedCertificates: entries.map(toEntry) }),
    ...(rest.extensions && { crlExtensions: [...rest.extensions] }),
  });
  const signature = Uint8Array.from(signing.sign(new Uint8Array(AsnConvert.serialize(tbsCertList))));
  const list = new CertificateList({
    tbsCertList,
    signatureAlgorithm: signing.algorithm,
    signature: signature.buffer,
  });
  return Buffer.from(AsnConvert.serialize(list));
}

/** An extension with its value in DER. */
export function extension(extnID: string, value: ArrayBuffer, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(value) });
}

function toEntry({ serialNumber, at, reason, extensions = [] }: CrlEntryRequest): RevokedCertificate {
  const reasons =
    reason === undefined
      ? []
      : [extension(id_ce_cRLReasons, AsnConvert.serialize(new CRLReason(CRLReasons[reason])))];
  const all = [...reasons, ...extensions];
  return new RevokedCertificate({
    userCertificate: Uint8Array.from(integerOctets(serialNumber)).buffer,
    revocationDate: new Time(at),
    ...(all.length > 0 && { crlEntryExtensions: all }),
  });
}
