import { randomBytes } from 'node:crypto';
import type { Doors } from '@chargegraph/cli';
import {
  encodeIso20Message,
  signIso20CertificateInstallationReq,
  signIso20CertificateInstallationRes,
  signIso20With,
  wrapIso20ContractKey,
} from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  issueProvisioningCertificate,
  toPem,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { base64 } from './car-requests.ts';
import { publishCarInput, type UserError } from './parties.ts';

const day = 86_400_000;

/** Runs a mutation of one input; throws when it is refused. */
async function mutate(doors: Doors, name: string, type: string, input: object): Promise<void> {
  const answer = await doors.graphql<Record<string, { userErrors: UserError[] }>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message path code } } }`,
    { input },
  );
  const [refusal] = answer[name]?.userErrors ?? [];
  if (refusal !== undefined) throw new Error(`${name} was refused: ${refusal.message}`);
}

/** Puts the roots of a PKI into the root pool. */
export async function addRoots(operator: Doors, pki: DemoPki): Promise<void> {
  for (const [type, { certificate }] of [
    ['V2G', pki.v2gRoot],
    ['OEM', pki.oemRoot],
    ['MO', pki.moRoot],
  ] as const) {
    const input = { certificate: toPem(certificate), type };
    await mutate(operator, 'addRootCertificate', 'AddRootCertificateInput', input);
  }
}

/** A new certificate of ISO 15118-20 for a car, published by its maker. */
export async function publishIso20Car(oem: Doors, pki: DemoPki, pcid: string): Promise<IssuedCertificate> {
  const car = await issueProvisioningCertificate(pki, { pcid });
  const input = { ...publishCarInput(pki, car.certificate), namespace: 'ISO15118_20' };
  await mutate(oem, 'publishProvisioningCertificate', 'PublishProvisioningCertificateInput', input);
  return car;
}

/** A new contract of ISO 15118-20 for a car, signed by the PKI's provisioning service and published by its operator. */
export async function publishIso20Contract(
  mo: Doors,
  pki: DemoPki,
  car: IssuedCertificate,
  emaid: string,
): Promise<void> {
  const pcid = car.certificate.commonName ?? '';
  const now = Date.now();
  const contract = await issueContractCertificate(pki, {
    emaid,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 30 * day),
  });
  const chainOf = ({ subCa2, subCa1 }: DemoPki['mo']) => [subCa2.certificate.der, subCa1.certificate.der];
  const message = await signIso20CertificateInstallationRes(
    {
      responseCode: 'OK',
      evseProcessing: 'Finished',
      cpsCertificateChain: {
        certificate: pki.cps.leaf.certificate.der,
        subCertificates: chainOf(pki.cps),
      },
      signedInstallationData: {
        id: 'ID1',
        contractCertificateChain: {
          certificate: contract.certificate.der,
          subCertificates: chainOf(pki.mo),
        },
        ...wrapIso20ContractKey({
          privateKey: contract.privateKey,
          oemPublicKey: car.certificate.publicKey,
          pcid,
          contractCertificate: contract.certificate.der,
        }),
      },
      remainingContractCertificateChains: 0,
    },
    { sessionId: Uint8Array.of(0), timeStamp: 0n, signer: signIso20With(pki.cps.leaf.privateKey) },
  );
  const input = { signedContractData: base64(encodeIso20Message(message)), pcid };
  await mutate(mo, 'publishContract', 'PublishContractInput', input);
}

/** A car's request of ISO 15118-20, as base64 EXI. */
export async function iso20RequestOf(
  pki: DemoPki,
  car: IssuedCertificate,
  options: {
    readonly maximum: number;
    readonly prioritized?: readonly string[];
    readonly sessionId?: Uint8Array;
    readonly signingKey?: IssuedCertificate['privateKey'];
  },
): Promise<string> {
  const { issuer, serialNumber } = pki.v2gRoot.certificate;
  const message = await signIso20CertificateInstallationReq(
    {
      oemProvisioningCertificateChain: { id: 'ID1', certificate: car.certificate.der },
      listOfRootCertificateIDs: [{ x509IssuerName: issuer, x509SerialNumber: serialNumber }],
      maximumContractCertificateChains: options.maximum,
      ...(options.prioritized && { prioritizedEMAIDs: options.prioritized }),
    },
    {
      sessionId: options.sessionId ?? new Uint8Array(randomBytes(8)),
      timeStamp: BigInt(Math.floor(Date.now() / 1_000)),
      signer: signIso20With(options.signingKey ?? car.privateKey),
    },
  );
  return base64(encodeIso20Message(message));
}
