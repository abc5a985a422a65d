import { randomBytes, type KeyObject } from 'node:crypto';
import {
  encodeMessage,
  signCertificateInstallationReq,
  signWith,
  type CertificateInstallationReq,
  type Iso2Message,
} from '@chargegraph/iso15118';
import type { Certificate, DemoPki } from '@chargegraph/pki';

/** A car's request with any certificate and signed by any key, as a message that can still be changed. */
export async function requestMessage(
  pki: DemoPki,
  certificate: Certificate,
  privateKey: KeyObject,
): Promise<Iso2Message<CertificateInstallationReq>> {
  const { issuer, serialNumber } = pki.v2gRoot.certificate;
  return await signCertificateInstallationReq(
    {
      oemProvisioningCert: certificate.der,
      listOfRootCertificateIDs: [{ x509IssuerName: issuer, x509SerialNumber: serialNumber }],
    },
    { sessionId: new Uint8Array(randomBytes(8)), sign: signWith(privateKey) },
  );
}

/** The same as octets in base64. */
export async function requestOf(
  pki: DemoPki,
  certificate: Certificate,
  privateKey: KeyObject,
): Promise<string> {
  return base64(encodeMessage(await requestMessage(pki, certificate, privateKey)));
}

/** Octets in base64. */
export const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
