import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  encodeMessage,
  signCertificateInstallationReq,
  signCertificateInstallationRes,
  signedElements,
  signWith,
  wrapContractKey,
  type CertificateInstallationReq,
  type CertificateInstallationRes,
  type Iso2Message,
  type RootCertificateId,
} from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueContractCertificate,
  issueProvisioningCertificate,
  type Certificate,
  type DemoPki,
  type DemoPkiOptions,
  type IssuedCertificate,
  type SubCaBranch,
} from '@chargegraph/pki';
import { inDays, start } from './harness.ts';
import type { OtherPoolsInMemory } from './other-pools.ts';

/** A car with its key. */
export interface Car extends IssuedCertificate {
  readonly pcid: string;
}

/** Whether the certificates name a responder; they do not unless it is given. */
export type PkiOptions = Pick<DemoPkiOptions, 'ocspUrl'>;

/** Makes the demo PKI as of the tests' beginning. */
export const makePki = (options: PkiOptions = {}): Promise<DemoPki> =>
  createDemoPki({ now: start, ...options });

/** The one that issues the leaves first. */
export const subCasOf = ({ subCa2, subCa1 }: SubCaBranch): Certificate[] => [
  subCa2.certificate,
  subCa1.certificate,
];
/** The same as messages hold them. */
export const dersOf = (cas: SubCaBranch): Uint8Array[] => subCasOf(cas).map(({ der }) => der);

/** Makes a car's provisioning certificate. */
export async function makeCar(pki: DemoPki, pcid: string, notAfter?: Date): Promise<Car> {
  return { pcid, ...(await issueProvisioningCertificate(pki, { pcid, ...(notAfter && { notAfter }) })) };
}

/** Puts the PKI's roots into RCP and the cars into PCP. */
export function fillPools(pools: OtherPoolsInMemory, pki: DemoPki, ...cars: readonly Car[]): void {
  fillWith(pools, pki, pools.cars, cars);
}

/** The same with a PKI and with certificates of ISO 15118-20. */
export function fillIso20Pools(pools: OtherPoolsInMemory, pki: DemoPki, ...cars: readonly Car[]): void {
  fillWith(pools, pki, pools.iso20Cars, cars);
}

function fillWith(
  pools: OtherPoolsInMemory,
  pki: DemoPki,
  inPool: OtherPoolsInMemory['cars'],
  cars: readonly Car[],
): void {
  pools.roots.push(
    { type: 'V2G', certificate: pki.v2gRoot.certificate },
    { type: 'OEM', certificate: pki.oemRoot.certificate },
    { type: 'MO', certificate: pki.moRoot.certificate },
  );
  for (const { pcid, certificate } of cars) {
    inPool.set(pcid.toUpperCase(), {
      certificate,
      subCas: subCasOf(pki.oem),
    });
  }
}

/** What signed contract data is made of; everything has a right value by default. */
export interface DataRequest {
  readonly car: Car;
  readonly emaid: string;
  /** The eMAID in the contract certificate when it is spelt otherwise there. */
  readonly commonName?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Who issues the contract certificate; the MO's own CA by default. */
  readonly contractCas?: SubCaBranch;
  /** Whose provisioning service signs; that of the same PKI by default. */
  readonly signer?: DemoPki['cps'];
  readonly signingKey?: KeyObject;
  readonly sessionId?: Uint8Array;
  /** Changes the message before it is signed. */
  readonly prepare?: (elements: ReturnType<typeof signedElements>) => ReturnType<typeof signedElements>;
}

/** Signed contract data as a provisioning service makes it. */
export async function makeSignedData(
  pki: DemoPki,
  request: DataRequest,
): Promise<Iso2Message<CertificateInstallationRes>> {
  const { car, emaid, commonName = emaid, contractCas = pki.mo, signer = pki.cps } = request;
  const contract = await issueContractCertificate(contractCas.subCa2, {
    emaid: commonName,
    notBefore: request.notBefore ?? start,
    notAfter: request.notAfter ?? inDays(365),
  });
  const wrapped = wrapContractKey({
    privateKey: contract.privateKey,
    oemPublicKey: car.certificate.publicKey,
  });
  const elements = signedElements({
    certificate: contract.certificate.der,
    subCertificates: dersOf(contractCas),
    ...wrapped,
    emaid,
  });
  return signCertificateInstallationRes({
    ...(request.prepare?.(elements) ?? elements),
    sessionId: request.sessionId ?? Uint8Array.of(0),
    responseCode: 'OK',
    saProvisioningCertificateChain: {
      certificate: signer.leaf.certificate.der,
      subCertificates: dersOf(signer),
    },
    sign: signWith(request.signingKey ?? signer.leaf.privateKey),
  });
}

/** The same as base64 EXI. */
export async function signedDataOf(pki: DemoPki, request: DataRequest): Promise<string> {
  return base64(encodeMessage(await makeSignedData(pki, request)));
}

/** How a car names a root in its list. */
export const rootIdOf = ({ subject, serialNumber }: Certificate): RootCertificateId => ({
  x509IssuerName: subject,
  x509SerialNumber: serialNumber,
});

/** A car's signed request. */
export async function makeRequest(
  car: Pick<Car, 'certificate' | 'privateKey'>,
  roots: readonly RootCertificateId[],
  options: { readonly sessionId?: Uint8Array; readonly signingKey?: KeyObject } = {},
): Promise<Iso2Message<CertificateInstallationReq>> {
  return signCertificateInstallationReq(
    { oemProvisioningCert: car.certificate.der, listOfRootCertificateIDs: roots },
    {
      sessionId: options.sessionId ?? Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      sign: signWith(options.signingKey ?? car.privateKey),
    },
  );
}

/** A key that belongs to nothing. */
export const strangeKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
