import { randomBytes, type KeyObject } from 'node:crypto';
import {
  contractKeyFits,
  decodeMessage,
  encodeMessage,
  signCertificateInstallationReq,
  signWith,
  unwrapContractKey,
  verifyMessageSignature,
} from '@chargegraph/iso15118';
import {
  issueProvisioningCertificate,
  parseCertificate,
  verifyChain,
  type Certificate,
  type DemoPki,
} from '@chargegraph/pki';
import { check } from '../check.ts';

/** What a car finds when it has examined a response. */
export interface InstalledContract {
  readonly emaid: string;
  readonly certificate: Certificate;
  /** Digests of the four signed elements, all true. */
  readonly digests: number;
  /** The V2G root that the provisioning service's chain ends at. */
  readonly v2gRoot: string;
}

/** A car of the demo: its provisioning key, and the V2G root that its maker installed. */
export interface Car {
  readonly pcid: string;
  readonly provisioningCertificate: Certificate;
  /** A signed CertificateInstallationReq in EXI (ISO 15118-2, 8.4.3), with a new session id. */
  requestCertificate(): Promise<Uint8Array>;
  /**
   * Examines a CertificateInstallationRes as a car must before it trusts the contract: session, response code, the
   * four digests, the provisioning service's signature and its chain, the contract certificate's dates and name, and
   * that the unwrapped private key fits the certificate.
   */
  install(exi: Uint8Array): InstalledContract;
  /** The response code of a CertificateInstallationRes that should answer this car's last request. */
  responseCodeOf(exi: Uint8Array): string;
}

/** Builds a car: key and certificate from the demo's OEM PKI, the demo's V2G root installed. */
export async function buildCar(pki: DemoPki, pcid: string): Promise<Car> {
  const { certificate, privateKey } = await issueProvisioningCertificate(pki, { pcid });
  const v2gRoot = pki.v2gRoot.certificate;
  let sessionId = new Uint8Array();

  return {
    pcid,
    provisioningCertificate: certificate,

    async requestCertificate() {
      sessionId = new Uint8Array(randomBytes(8));
      const message = await signCertificateInstallationReq(
        {
          oemProvisioningCert: certificate.der,
          listOfRootCertificateIDs: [
            { x509IssuerName: v2gRoot.issuer, x509SerialNumber: v2gRoot.serialNumber },
          ],
        },
        { sessionId, sign: signWith(privateKey) },
      );
      return encodeMessage(message);
    },

    install: (exi) => examine(exi, sessionId, privateKey, v2gRoot),
    responseCodeOf: (exi) => readResponse(exi, sessionId).body.responseCode,
  };
}

function readResponse(exi: Uint8Array, sessionId: Uint8Array) {
  const message = decodeMessage(exi);
  const { body, header } = message;
  check(body.type === 'CertificateInstallationRes', 'the answer is a CertificateInstallationRes');
  check(Buffer.compare(header.sessionId, sessionId) === 0, 'the answer carries the request’s session id');
  return { message, body };
}

function examine(
  exi: Uint8Array,
  sessionId: Uint8Array,
  privateKey: KeyObject,
  v2gRoot: Certificate,
): InstalledContract {
  const { message, body } = readResponse(exi, sessionId);
  check(body.responseCode === 'OK', `the response code is OK, not ${body.responseCode}`);

  const service = body.saProvisioningCertificateChain;
  const verdict = verifyMessageSignature(message, service.certificate);
  const digests = Object.values(verdict.digests);
  check(digests.length === 4 && digests.every(Boolean), 'the digests of all four elements hold');
  check(verdict.valid, 'the provisioning service’s signature holds');

  const chain = verifyChain({
    leaf: parseCertificate(service.certificate),
    intermediates: (service.subCertificates ?? []).map(parseCertificate),
    roots: [v2gRoot],
    at: new Date(),
  });
  check(chain.valid, 'the provisioning service’s chain ends at the installed V2G root');

  const contract = parseCertificate(body.contractSignatureCertChain.certificate);
  const now = Date.now();
  check(
    contract.notBefore.getTime() <= now && now < contract.notAfter.getTime(),
    'the contract certificate is valid now',
  );
  check(contract.commonName === body.emaid.value, 'the contract certificate bears the EMAID');

  const scalar = unwrapContractKey({
    encryptedPrivateKey: body.contractSignatureEncryptedPrivateKey.value,
    dhPublicKey: body.dhPublicKey.value,
    oemPrivateKey: privateKey,
  });
  check(
    contractKeyFits(scalar, contract.publicKey),
    'the unwrapped private key fits the contract certificate',
  );
  return {
    emaid: body.emaid.value,
    certificate: contract,
    digests: digests.length,
    v2gRoot: chain.root.subject,
  };
}
