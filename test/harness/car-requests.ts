import { randomBytes, type KeyObject } from 'node:crypto';
import {
  encodeMessage,
  signCertificateInstallationReq,
  signCertificateUpdateReq,
  signWith,
  type CertificateInstallationReq,
  type Iso2Message,
} from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  type Certificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';

/** A car's request with any certificate and signed by any key, as a message that can still be changed. */
export async function requestMessage(
  pki: DemoPki,
  certificate: Certificate,
  privateKey: KeyObject,
  sessionId: Uint8Array = new Uint8Array(randomBytes(8)),
): Promise<Iso2Message<CertificateInstallationReq>> {
  const { issuer, serialNumber } = pki.v2gRoot.certificate;
  return await signCertificateInstallationReq(
    {
      oemProvisioningCert: certificate.der,
      listOfRootCertificateIDs: [{ x509IssuerName: issuer, x509SerialNumber: serialNumber }],
    },
    { sessionId, sign: signWith(privateKey) },
  );
}

/** The same as octets in base64. */
export async function requestOf(
  pki: DemoPki,
  certificate: Certificate,
  privateKey: KeyObject,
  sessionId?: Uint8Array,
): Promise<string> {
  return base64(encodeMessage(await requestMessage(pki, certificate, privateKey, sessionId)));
}

/** A former contract certificate of an EMAID, issued now. */
export const formerContract = (pki: DemoPki, emaid: string): Promise<IssuedCertificate> =>
  issueContractCertificate(pki, {
    emaid,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
  });

/** A car's CertificateUpdateReq with a former contract certificate of an EMAID; one that is issued now unless given. */
export async function updateRequestOf(
  pki: DemoPki,
  emaid: string,
  sessionId: Uint8Array,
  given?: IssuedCertificate,
): Promise<string> {
  const former = given ?? (await formerContract(pki, emaid));
  const { issuer, serialNumber } = pki.v2gRoot.certificate;
  const message = await signCertificateUpdateReq(
    {
      contractSignatureCertChain: {
        certificate: former.certificate.der,
        subCertificates: [pki.mo.subCa2.certificate.der, pki.mo.subCa1.certificate.der],
      },
      emaid,
      listOfRootCertificateIDs: [{ x509IssuerName: issuer, x509SerialNumber: serialNumber }],
    },
    { sessionId, sign: signWith(former.privateKey) },
  );
  return base64(encodeMessage(message));
}

/** Octets in base64. */
export const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
