import { lookUpVehicle, makeContractData, makeEmaid, type Car, type DemoClient } from '@chargegraph/cli';
import { issueProvisioningCertificate, parseCertificate, toPem } from '@chargegraph/pki';
import { signOutside } from '../../harness/contract-data.ts';
import { send } from '../../harness/http.ts';
import { newPcid } from '../../harness/parties.ts';
import type { Scene } from '../scene.ts';

/** A request that is refused. */
type Refused = readonly [
  client: DemoClient,
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
];

const noRoot = '896b6655-180e-4304-b642-606bb00df8f0';
const namespace = 'urn:iso:15118:2:2013:MsgDef';
const emaid = (): string => makeEmaid();

/** A certificate to publish, each of its parts replaced in turn by what is none. */
async function carsToRefuse({ world }: Scene): Promise<Refused[]> {
  const { oem } = world.pki;
  const publish = async (pcid: string, changes: object): Promise<Refused> => {
    const { certificate } = await issueProvisioningCertificate(world.pki, { pcid });
    const body = {
      vehicleCertificate: toPem(certificate),
      subCA1Certificate: toPem(oem.subCa1.certificate),
      subCA2Certificate: toPem(oem.subCa2.certificate),
      ...changes,
    };
    return ['demo-oem', 'PUT', '/v1/oem/provCerts', body];
  };
  const parts = ['vehicleCertificate', 'subCA1Certificate', 'subCA2Certificate'];
  return await Promise.all([
    publish('WMI-1', {}),
    ...parts.map((part) => publish(newPcid(), { [part]: 'AAAA' })),
  ]);
}

/** Contract data to sign, in the older form, that is wrong in one way each. */
async function dataToRefuse({ world, car, carWithout, contract }: Scene): Promise<Refused[]> {
  const mo = await world.doors('demo-mo');
  const request = async (
    of: string,
    wrappedFor: Car,
    changes: object,
    inChain: object = {},
    besides = {},
  ) => {
    const data = await makeContractData(world.pki, of, await lookUpVehicle(mo, wrappedFor.pcid));
    const [leaf, ...subCas] = [data.contractCertificate, ...data.subCaCertificates].map((pem) =>
      Buffer.from(parseCertificate(pem).der).toString('base64'),
    );
    const contractData = {
      contractSignatureCertChain: {
        contractSignatureCertChainCertificate: leaf,
        contractSignatureCertChainSubCertificates: subCas,
        ...inChain,
      },
      contractSignatureEncryptedPrivateKey: data.encryptedPrivateKey,
      dHpublickey: data.dhPublicKey,
      ...changes,
    };
    const body = {
      contractData,
      emaid: of,
      pcid: wrappedFor.pcid,
      xsdMsgDefNamespace: namespace,
      ...besides,
    };
    return ['demo-mo', 'PUT', '/v1/cps/forward/signedContractData', body] as const;
  };
  return await Promise.all([
    request(emaid(), car, { contractSignatureEncryptedPrivateKey: '#' }),
    request(emaid(), car, { dHpublickey: '#' }),
    request(emaid(), car, {}, { contractSignatureCertChainCertificate: '#' }),
    request(emaid(), car, {}, { contractSignatureCertChainSubCertificates: ['AAAA'] }),
    request(emaid(), car, {}, {}, { pcid: 'short' }),
    request(emaid(), car, {}, {}, { emaid: 'x' }),
    request(contract.emaid, carWithout, {}),
  ]);
}

function contractsToRefuse({ carWithout, contract }: Scene): Refused[] {
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const request = { contractBegins: at(0), contractEnds: at(100), pcid: carWithout.pcid, emaid: emaid() };
  return [
    { pcid: 'short' },
    { emaid: 'x' },
    { emaid: contract.emaid },
    { contractEnds: at(-1) },
    { pcid: newPcid() },
  ].map((changes) => ['demo-mo', 'PUT', '/v1/cps/generate/signedContractData', { ...request, ...changes }]);
}

/** Contract data whose certificate has ended. */
async function endedData({ world, car }: Scene): Promise<Refused> {
  const ended = emaid();
  const signedContractDataXML = await signOutside({
    emaid: ended,
    car: car.provisioningCertificate,
    mo: world.pki,
    cps: world.pki,
    notAfter: new Date(Date.now() - 1_000),
  });
  const body = { xsdMsgDefNamespace: namespace, emaid: ended, pcid: car.pcid, signedContractDataXML };
  return ['demo-cps', 'PUT', '/v1/ccp/signedContractData', body];
}

const of = (client: DemoClient, method: string, ...paths: readonly string[]): Refused[] =>
  paths.map((path) => [client, method, path]);

/** By operation, requests that are refused in every way that OPCP has a sentence for. */
const refused: Readonly<Record<string, (scene: Scene) => Refused[] | Promise<Refused[]>>> = {
  getRootCert: () => of('demo-cpo', 'GET', `/v1/root/rootCerts/${noRoot}`),
  getOEMProvCert: () => of('demo-mo', 'GET', '/v1/oem/provCerts/short', `/v1/oem/provCerts/${newPcid()}`),
  lookupVehicle: () =>
    of(
      'demo-mo',
      'GET',
      '/v1/oem/provCerts/lookupVehicle/short',
      `/v1/oem/provCerts/lookupVehicle/${newPcid()}`,
    ),
  addOEMProvCert: carsToRefuse,
  createAndForwardSignedContractData: dataToRefuse,
  generateSignedContractData: contractsToRefuse,
  getSignedContractData: async ({ carWithout, requestOf }) => {
    const post = (certificateInstallationReq: string): Refused => [
      'demo-cpo',
      'POST',
      '/v1/ccp/signedContractData',
      { certificateInstallationReq, xsdMsgDefNamespace: namespace },
      { alwaysReturnEXI: 'false' },
    ];
    return [post('AAAA'), post(await requestOf(carWithout))];
  },
  addSignedContractData: async (scene) => [await endedData(scene)],
  deleteSignedContractData: () =>
    of('demo-mo', 'DELETE', '/v1/ccp/signedContractData/x', `/v1/ccp/signedContractData/${emaid()}`),
  provideSignedContractData: ({ car, contract }) => {
    const path = (contractId: string, pcid: string) =>
      `/v1/ccp/provideSignedContractData/${contractId}/${pcid}`;
    return of(
      'demo-oem',
      'GET',
      path('x', car.pcid),
      path(contract.emaid, 'short'),
      `${path(contract.emaid, car.pcid)}?sessionID=xyz`,
      path(emaid(), car.pcid),
    );
  },
  lookupContract: () => of('demo-mo', 'GET', '/v1/ccp/lookupContract/x'),
};

/** What an operation says when it refuses. */
export async function sentencesOf(scene: Scene, operationId: string): Promise<readonly string[]> {
  const requests = (await refused[operationId]?.(scene)) ?? [];
  const said: string[] = [];
  for (const [client, method, path, body, headers = {}] of requests) {
    const { json } = await send(`${scene.world.url}${path}`, {
      method,
      token: scene.token(client),
      ...(body !== undefined && { body }),
      headers,
    });
    said.push(...((json as { errorMessages?: string[] }).errorMessages ?? []));
  }
  return said;
}
