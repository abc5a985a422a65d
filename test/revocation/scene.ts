// An ecosystem with a PKI whose certificates name a responder that says what a test tells it to.
import { randomBytes } from 'node:crypto';
import {
  lookUpVehicle,
  makeEmaid,
  revocationSettings,
  signerInput,
  type Doors,
  type EcosystemOptions,
} from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { standalonePools } from '@chargegraph/graph';
import { decodeAnyMessage, wrapContractKey } from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueContractCertificate,
  issueProvisioningCertificate,
  toPem,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { createTestResponder, type TestResponder } from '@chargegraph/pki/testing';
import { silentLogger } from '@chargegraph/service';
import { requestOf } from '../harness/car-requests.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { addRoots } from '../harness/iso20-parties.ts';
import { newPcid, publishCarInput, type UserError } from '../harness/parties.ts';

/** What the pools make of certificates without a verdict. */
export type Policy = 'off' | 'soft' | 'hard';

/** A car with its key. */
export interface SceneCar extends IssuedCertificate {
  readonly pcid: string;
}

/** A contract certificate with what signs in its name. */
export interface SceneContract extends IssuedCertificate {
  readonly emaid: string;
}

/** What came of a car's request. */
export interface Delivered {
  readonly outcome: string;
  readonly responseCode: string | undefined;
  readonly contracts: readonly string[];
}

export interface Scene {
  readonly world: TestEcosystem;
  readonly responder: TestResponder;
  readonly pki: DemoPki;
  readonly doors: Readonly<Record<'oem' | 'mo' | 'cpo' | 'operator', Doors>>;
  /** Restarts the ecosystem as if all that it knew of certificates had just ended. */
  later(policy?: Policy): Promise<void>;
  /** A new car, published unless `false` is given. */
  newCar(publish?: boolean): Promise<SceneCar>;
  /** Publishes a car and gives the refusals. */
  publish(car: SceneCar): Promise<readonly UserError[]>;
  /** A new contract certificate. */
  newContract(emaid?: string): Promise<SceneContract>;
  /** Has a contract signed for a car and stored; gives the refusals. */
  sign(contract: SceneContract, car: SceneCar): Promise<readonly UserError[]>;
  /** A car asks for its contract through a charge point operator. */
  deliver(car: SceneCar): Promise<Delivered>;
  /** What comes of a request that is there already. */
  ask(certificateInstallationReq: string): Promise<Delivered>;
  stop(): Promise<void>;
}

const settingsOf = (policy: Policy): NonNullable<EcosystemOptions['revocation']> =>
  revocationSettings.parse({
    CHARGEGRAPH_REVOCATION: policy,
    CHARGEGRAPH_REVOCATION_PRIVATE_ADDRESSES: 'allow',
    CHARGEGRAPH_REVOCATION_TIMEOUT: '1',
  });

const day = 86_400_000;

/** Starts it, with the PKI's roots and signer added. */
export async function startScene(): Promise<Scene> {
  const responder = await createTestResponder();
  const pki = await createDemoPki({ now: new Date(), ocspUrl: responder.ocspUrl });
  const { oemRoot, oem: oemCas, v2gRoot, cps, moRoot, mo: moCas } = pki;
  const branches = [oemCas, cps, moCas].flatMap(({ subCa1, subCa2 }) => [subCa1, subCa2]);
  for (const issuer of [oemRoot, v2gRoot, moRoot, ...branches]) responder.add(issuer);
  const settings = { revocation: settingsOf('soft') };
  const world = await startTestEcosystem(settings);
  const [oem, mo, cpo, operator] = await Promise.all([
    world.doors('demo-oem'),
    world.doors('demo-mo'),
    world.doors('demo-cpo'),
    world.doors('demo-operator'),
  ]);
  await addRoots(operator, pki);
  await world.running().keyStore.importKey('revocation', cps.leaf.privateKey);

  const mutate = async <T extends object>(doors: Doors, name: string, input: object, selection = '') => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const data = await doors.graphql<Record<string, T & { readonly userErrors: readonly UserError[] }>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { message path code } } }`,
      { input },
    );
    const payload = data[name];
    if (payload === undefined) throw new Error(`There is no answer to ${name}.`);
    return payload;
  };
  const { userErrors } = await mutate(operator, 'addCpsSigner', signerInput(pki, 'revocation'));
  if (userErrors[0] !== undefined) throw new Error(userErrors[0].message);

  const scene: Scene = {
    world,
    responder,
    pki,
    doors: { oem, mo, cpo, operator },
    later: (policy = 'soft') =>
      world.restart(async () => {
        settings.revocation = settingsOf(policy);
        for (const schema of standalonePools) {
          const database = createDatabase({ url: world.databaseUrl, schema, logger: silentLogger, max: 1 });
          await database.execute(
            `UPDATE certificate_status SET valid_until = now() - interval '1 second',
               checked_at = checked_at - interval '1 hour', this_update = this_update - interval '1 hour'`,
          );
          await database.close();
        }
      }),
    newCar: async (publish = true) => {
      const pcid = newPcid();
      const car = { pcid, ...(await issueProvisioningCertificate(pki, { pcid })) };
      const [refusal] = publish ? await scene.publish(car) : [];
      if (refusal !== undefined) throw new Error(refusal.message);
      return car;
    },
    publish: async ({ certificate }) => {
      const input = publishCarInput(pki, certificate);
      return (await mutate(oem, 'publishProvisioningCertificate', input)).userErrors;
    },
    newContract: async (emaid = makeEmaid()) => {
      const now = Date.now();
      const dates = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 60 * day) };
      return { emaid, ...(await issueContractCertificate(pki, { emaid, ...dates })) };
    },
    sign: async ({ certificate, privateKey }, { pcid }) => {
      const vehicle = await lookUpVehicle(mo, pcid);
      const wrapped = wrapContractKey({ privateKey, oemPublicKey: vehicle.certificate.publicKey });
      const input = {
        contractCertificate: toPem(certificate),
        subCaCertificates: [toPem(moCas.subCa2.certificate), toPem(moCas.subCa1.certificate)],
        encryptedPrivateKey: Buffer.from(wrapped.encryptedPrivateKey).toString('base64'),
        dhPublicKey: Buffer.from(wrapped.dhPublicKey).toString('base64'),
        pcid,
        v2gRootFingerprint: v2gRoot.certificate.fingerprint,
      };
      return (await mutate(mo, 'signContractData', input)).userErrors;
    },
    deliver: async ({ certificate, privateKey }) =>
      scene.ask(await requestOf(pki, certificate, privateKey, randomBytes(8))),
    ask: async (certificateInstallationReq) => {
      interface Answer {
        readonly outcome: string;
        readonly certificateInstallationRes: string;
        readonly contracts: readonly { readonly emaid: string }[];
      }
      const { outcome, certificateInstallationRes, contracts } = await mutate<Answer>(
        cpo,
        'requestCertificateInstallation',
        { certificateInstallationReq },
        'outcome certificateInstallationRes contracts { emaid }',
      );
      const { body } = decodeAnyMessage(Buffer.from(certificateInstallationRes, 'base64')).message;
      return {
        outcome,
        responseCode: 'responseCode' in body ? body.responseCode : undefined,
        contracts: contracts.map(({ emaid }) => emaid),
      };
    },
    stop: async () => {
      await world.stop();
      await responder.stop();
    },
  };
  return scene;
}
