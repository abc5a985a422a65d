import { randomBytes, type KeyObject } from 'node:crypto';
import {
  decodeIso20Message,
  encodeIso20Message,
  iso20ContractKeyFits,
  signIso20CertificateInstallationReq,
  signIso20With,
  unwrapIso20ContractKey,
  verifyIso20MessageSignature,
} from '@chargegraph/iso15118';
import {
  issueProvisioningCertificate,
  parseCertificate,
  verifyChain,
  type Certificate,
  type DemoPki,
} from '@chargegraph/pki';
import { check } from '../check.ts';
import type { InstalledContract } from './car.ts';

/** A car of the demo that speaks ISO 15118-20: its key on P-521, and the V2G root that its maker installed. */
export interface Iso20Car {
  readonly pcid: string;
  readonly provisioningCertificate: Certificate;
  /** A signed CertificateInstallationReq in EXI, with a new session id. */
  requestCertificate(): Promise<Uint8Array>;
  /**
   * Examines a CertificateInstallationRes as a car must before it trusts the contract: session, response code, the
   * digest, the provisioning service's signature and its chain, and that the unwrapped private key fits.
   */
  install(exi: Uint8Array): InstalledContract;
}

/** Builds the car with a certificate of the -20 demo PKI. */
export async function buildIso20Car(pki: DemoPki, pcid: string): Promise<Iso20Car> {
  const { certificate, privateKey } = await issueProvisioningCertificate(pki, { pcid });
  const v2gRoot = pki.v2gRoot.certificate;
  let sessionId = new Uint8Array();
  return {
    pcid,
    provisioningCertificate: certificate,

    async requestCertificate() {
      sessionId = new Uint8Array(randomBytes(8));
      const message = await signIso20CertificateInstallationReq(
        {
          oemProvisioningCertificateChain: {
            id: 'ID1',
            certificate: certificate.der,
            subCertificates: [pki.oem.subCa2.certificate.der, pki.oem.subCa1.certificate.der],
          },
          listOfRootCertificateIDs: [
            { x509IssuerName: v2gRoot.issuer, x509SerialNumber: v2gRoot.serialNumber },
          ],
          maximumContractCertificateChains: 3,
        },
        {
          sessionId,
          timeStamp: BigInt(Math.floor(Date.now() / 1000)),
          signer: signIso20With(privateKey),
        },
      );
      return encodeIso20Message(message);
    },

    install: (exi) => examine({ exi, sessionId, pcid, privateKey, v2gRoot }),
  };
}

function examine({
  exi,
  sessionId,
  pcid,
  privateKey,
  v2gRoot,
}: {
  exi: Uint8Array;
  sessionId: Uint8Array;
  pcid: string;
  privateKey: KeyObject;
  v2gRoot: Certificate;
}): InstalledContract {
  const message = decodeIso20Message(exi);
  const { header, body } = message;
  check(body.type === 'CertificateInstallationRes', 'the answer is a CertificateInstallationRes of -20');
  check(Buffer.compare(header.sessionId, sessionId) === 0, 'the answer carries the request’s session id');
  check(body.responseCode === 'OK', `the response code is OK, not ${body.responseCode}`);

  const service = body.cpsCertificateChain;
  const verdict = verifyIso20MessageSignature(message, service.certificate);
  check(verdict.valid, 'the provisioning service’s signature holds');
  const chain = verifyChain({
    leaf: parseCertificate(service.certificate),
    intermediates: (service.subCertificates ?? []).map(parseCertificate),
    roots: [v2gRoot],
    at: new Date(),
  });
  check(chain.valid, 'the provisioning service’s chain ends at the installed V2G root');

  const { contractCertificateChain, ...wrapped } = body.signedInstallationData;
  const contract = parseCertificate(contractCertificateChain.certificate);
  const key = unwrapIso20ContractKey({
    ...wrapped,
    pcid,
    contractCertificate: contract.der,
    oemPrivateKey: privateKey,
  });
  check(
    iso20ContractKeyFits(key, contract.publicKey),
    'the unwrapped private key fits the contract certificate',
  );
  return {
    emaid: contract.commonName ?? '',
    certificate: contract,
    digests: Object.values(verdict.digests).length,
    v2gRoot: chain.root.subject,
  };
}
