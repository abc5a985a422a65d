import { expect } from 'vitest';
import { lookUpVehicle, type Car, type DemoClient, type Doors, type FoundVehicle } from '@chargegraph/cli';
import { decodeMessage } from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueProvisioningCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import {
  newPcid,
  publishCarInput,
  publishNewCar,
  signNewContract,
  type SignedContract,
  type UserError,
} from '../harness/parties.ts';
import { snapshotOf } from '../harness/snapshot.ts';

/** The demo's clients. */
export const parties = ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps', 'demo-operator'] as const;

/** What each mutation takes, and who may use it. */
export const mutations: Record<string, { readonly input: string; readonly for: readonly DemoClient[] }> = {
  addRootCertificate: { input: 'AddRootCertificateInput', for: ['demo-operator'] },
  publishProvisioningCertificate: { input: 'PublishProvisioningCertificateInput', for: ['demo-oem'] },
  addCpsSigner: { input: 'AddCpsSignerInput', for: ['demo-operator'] },
  signContractData: { input: 'SignContractDataInput', for: ['demo-mo'] },
  publishContract: { input: 'PublishContractInput', for: ['demo-mo', 'demo-cps'] },
  updateContract: { input: 'UpdateContractInput', for: ['demo-mo', 'demo-cps'] },
  deleteContract: { input: 'DeleteContractInput', for: ['demo-mo', 'demo-operator'] },
  requestCertificateInstallation: {
    input: 'RequestCertificateInstallationInput',
    for: ['demo-oem', 'demo-cpo'],
  },
};

/** A minute in milliseconds. */
export const minute = 60_000;

/** An ecosystem with two cars and their contracts, and everything needed to offer it what it must refuse. */
export interface Scene {
  readonly world: TestEcosystem;
  /** Of the same names as the ecosystem's, with other keys. */
  readonly foreign: DemoPki;
  readonly doors: Readonly<Record<DemoClient, Doors>>;
  /** A car with the contract below. */
  readonly car: Car;
  readonly vehicle: FoundVehicle;
  readonly contract: SignedContract;
  /** Another car with a contract; the tests hold its key. */
  readonly carKey: IssuedCertificate;
  /** A published car whose certificate ends within seconds. */
  readonly ending: IssuedCertificate;
  /** Runs a mutation; resolves with its refusals. */
  mutate(client: DemoClient, name: string, input: object): Promise<readonly UserError[]>;
  /** Posts a car's request as the CPO. */
  install(exi: string): Promise<{ status: number; body: unknown }>;
  /** Expects the unsigned negative EXI with this response code. */
  expectRefusedInExi(exi: string, status: number, responseCode: string): Promise<void>;
  /** Expects every table and log to be as it was when the scene was set. */
  expectNothingChanged(): Promise<void>;
  stop(): Promise<void>;
}

/** One refusal that names field and rule. */
export const refusal = (code: string, field: unknown, rule: RegExp): unknown => [
  {
    code,
    path: field === null ? null : ['input', field],
    message: expect.stringMatching(rule) as string,
  },
];

/** Sets the scene. */
export async function startScene(): Promise<Scene> {
  const [world, foreign] = await Promise.all([startTestEcosystem(), createDemoPki({ now: new Date() })]);
  const opened = await Promise.all(parties.map(async (name) => [name, await world.doors(name)] as const));
  const doors = Object.fromEntries(opened) as Record<DemoClient, Doors>;

  const mutate: Scene['mutate'] = async (client, name, input) => {
    const type = mutations[name]?.input ?? '';
    const answer = await doors[client].graphql<Record<string, { userErrors: UserError[] }>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message path code } } }`,
      { input },
    );
    return answer[name]?.userErrors ?? [];
  };
  const publish = async ({ certificate }: IssuedCertificate): Promise<void> => {
    const input = publishCarInput(world.pki, certificate);
    const refusals = await mutate('demo-oem', 'publishProvisioningCertificate', input);
    if (refusals.length > 0) throw new Error(JSON.stringify(refusals));
  };
  const install: Scene['install'] = (exi) =>
    doors['demo-cpo'].rest('POST', '/v1/ccp/signedContractData', { certificateInstallationReq: exi });

  const carKey = await issueProvisioningCertificate(world.pki, { pcid: newPcid() });
  await publish(carKey);
  const car = await publishNewCar(doors['demo-oem'], world.pki);
  const vehicle = await lookUpVehicle(doors['demo-mo'], car.pcid);
  const contract = await signNewContract(doors['demo-mo'], world.pki, car);
  await signNewContract(doors['demo-mo'], world.pki, { pcid: carKey.certificate.commonName ?? '' });
  const notAfter = new Date(Date.now() + 4_000);
  const ending = await issueProvisioningCertificate(world.pki, { pcid: newPcid(), notAfter });
  await publish(ending);
  const before = await snapshotOf(world.databaseUrl);

  return {
    world,
    foreign,
    doors,
    car,
    vehicle,
    contract,
    carKey,
    ending,
    mutate,
    install,
    expectRefusedInExi: async (exi, status, responseCode) => {
      const answer = await install(exi);
      const { CCPResponse } = answer.body as {
        CCPResponse: { emaidContent: [{ messageDef: { certificateInstallationRes: string } }] };
      };
      const { certificateInstallationRes } = CCPResponse.emaidContent[0].messageDef;
      const { body, header } = decodeMessage(Buffer.from(certificateInstallationRes, 'base64'));
      const code = body.type === 'CertificateInstallationRes' && body.responseCode;
      expect({ status: answer.status, code }).toEqual({ status, code: responseCode });
      expect(header.signature).toBeUndefined();
    },
    expectNothingChanged: async () => {
      expect(await snapshotOf(world.databaseUrl)).toEqual(before);
    },
    stop: () => world.stop(),
  };
}
