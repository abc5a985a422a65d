import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList, CRLReason, id_ce_cRLReasons } from '@peculiar/asn1-x509';
import { reasonName } from '../revocation/reasons.ts';
import type { RevocationReason } from '../revocation/status.ts';

/** An entry of a CRL as it stands there. */
export interface ReadCrlEntry {
  readonly serialNumber: bigint;
  readonly at: Date;
  readonly reason: RevocationReason | undefined;
}

/** Reads the entries of a CRL in DER, whoever signed it. */
export function readCrlEntries(der: Uint8Array): ReadCrlEntry[] {
  const { revokedCertificates = [] } = AsnConvert.parse(der, CertificateList).tbsCertList;
  return revokedCertificates.map(({ userCertificate, revocationDate, crlEntryExtensions = [] }) => {
    const reason = crlEntryExtensions.find(({ extnID }) => extnID === id_ce_cRLReasons);
    return {
      serialNumber: BigInt(`0x${Buffer.from(userCertificate).toString('hex')}`),
      at: revocationDate.getTime(),
      reason: reason && reasonName(AsnConvert.parse(reason.extnValue, CRLReason).reason),
    };
  });
}
