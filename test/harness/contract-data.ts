import {
  encodeMessage,
  signCertificateInstallationRes,
  signedElements,
  signWith,
  wrapContractKey,
} from '@chargegraph/iso15118';
import { issueContractCertificate, type Certificate, type DemoPki } from '@chargegraph/pki';
import { base64 } from './car-requests.ts';

/** What contract data is made of. */
export interface ContractDataOf {
  readonly emaid: string;
  readonly car: Certificate;
  /** Issues the contract certificate. */
  readonly mo: DemoPki;
  /** Signs. */
  readonly cps: DemoPki;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const minute = 60_000;

/** A CertificateInstallationRes in base64 EXI, signed outside the ecosystem. */
export async function signOutside(of: ContractDataOf): Promise<string> {
  const { emaid, car, mo, cps } = of;
  const { certificate, privateKey } = await issueContractCertificate(mo, {
    emaid,
    notBefore: of.notBefore ?? new Date(Date.now() - minute),
    notAfter: of.notAfter ?? new Date(Date.now() + 60 * 24 * 60 * minute),
  });
  const message = await signCertificateInstallationRes({
    ...signedElements({
      certificate: certificate.der,
      subCertificates: [mo.mo.subCa2.certificate.der, mo.mo.subCa1.certificate.der],
      ...wrapContractKey({ privateKey, oemPublicKey: car.publicKey }),
      emaid,
    }),
    sessionId: Uint8Array.of(0),
    responseCode: 'OK',
    saProvisioningCertificateChain: {
      certificate: cps.cps.leaf.certificate.der,
      subCertificates: [cps.cps.subCa2.certificate.der, cps.cps.subCa1.certificate.der],
    },
    sign: signWith(cps.cps.leaf.privateKey),
  });
  return base64(encodeMessage(message));
}
