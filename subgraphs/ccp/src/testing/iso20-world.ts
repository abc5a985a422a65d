import type { KeyObject } from 'node:crypto';
import {
  encodeIso20Message,
  signIso20CertificateInstallationReq,
  signIso20CertificateInstallationRes,
  signIso20With,
  wrapIso20ContractKey,
  type Iso20CertificateInstallationReq,
  type Iso20CertificateInstallationRes,
  type Iso20Message,
  type RootCertificateId,
} from '@chargegraph/iso15118';
import { createDemoPki, issueContractCertificate, type DemoPki } from '@chargegraph/pki';
import { inDays, start } from './harness.ts';
import { base64, dersOf, type Car, type PkiOptions } from './world.ts';

/** Makes the demo PKI of ISO 15118-20 as of the tests' beginning. */
export const makeIso20Pki = (options: PkiOptions = {}): Promise<DemoPki> =>
  createDemoPki({ now: start, ...options, edition: '-20' });

/** What a provisioning service signs. */
type Fields = Omit<Iso20CertificateInstallationRes, 'type'>;

/** What signed contract data of ISO 15118-20 is made of; everything has a right value by default. */
export interface Iso20DataRequest {
  readonly car: Car;
  /** The common name of the contract certificate. */
  readonly emaid: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Whose provisioning service signs; that of the same PKI by default. */
  readonly signer?: DemoPki['cps'];
  readonly signingKey?: KeyObject;
  readonly sessionId?: Uint8Array;
  readonly timeStamp?: bigint;
  /** Changes the message before it is signed. */
  readonly prepare?: (fields: Fields) => Fields;
  /** Changes it afterwards. */
  readonly tamper?: (fields: Iso20CertificateInstallationRes) => Iso20CertificateInstallationRes;
}

/** Signed contract data as a provisioning service makes it, as base64 EXI. */
export async function iso20DataOf(pki: DemoPki, request: Iso20DataRequest): Promise<string> {
  const { car, emaid, signer = pki.cps, prepare, tamper } = request;
  const contract = await issueContractCertificate(pki, {
    emaid,
    notBefore: request.notBefore ?? start,
    notAfter: request.notAfter ?? inDays(365),
  });
  const wrapped = wrapIso20ContractKey({
    privateKey: contract.privateKey,
    oemPublicKey: car.certificate.publicKey,
    pcid: car.pcid,
    contractCertificate: contract.certificate.der,
  });
  const fields: Fields = {
    responseCode: 'OK',
    evseProcessing: 'Finished',
    cpsCertificateChain: { certificate: signer.leaf.certificate.der, subCertificates: dersOf(signer) },
    signedInstallationData: {
      id: 'ID1',
      contractCertificateChain: {
        certificate: contract.certificate.der,
        subCertificates: dersOf(pki.mo),
      },
      ...wrapped,
    },
    remainingContractCertificateChains: 0,
  };
  const message = await signIso20CertificateInstallationRes(prepare?.(fields) ?? fields, {
    sessionId: request.sessionId ?? Uint8Array.of(0),
    timeStamp: request.timeStamp ?? 0n,
    signer: signIso20With(request.signingKey ?? signer.leaf.privateKey),
  });
  const body = tamper?.(message.body) ?? message.body;
  return base64(encodeIso20Message({ ...message, body }));
}

/** What a car of ISO 15118-20 asks for. */
export interface Iso20RequestOptions {
  readonly roots: readonly RootCertificateId[];
  /** How many contracts it can take; 8 by default. */
  readonly maximum?: number;
  readonly prioritized?: readonly string[];
  readonly sessionId?: Uint8Array;
  readonly signingKey?: KeyObject;
}

/** A car's signed request. */
export async function makeIso20Request(
  car: Pick<Car, 'certificate' | 'privateKey'>,
  options: Iso20RequestOptions,
): Promise<Iso20Message<Iso20CertificateInstallationReq>> {
  return signIso20CertificateInstallationReq(
    {
      oemProvisioningCertificateChain: { id: 'ID1', certificate: car.certificate.der },
      listOfRootCertificateIDs: options.roots,
      maximumContractCertificateChains: options.maximum ?? 8,
      ...(options.prioritized && { prioritizedEMAIDs: options.prioritized }),
    },
    {
      sessionId: options.sessionId ?? Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      timeStamp: 1_784_734_855n,
      signer: signIso20With(options.signingKey ?? car.privateKey),
    },
  );
}
