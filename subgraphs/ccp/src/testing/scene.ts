import type { SubgraphResponse } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import {
  decodeMessage,
  encodeMessage,
  type CertificateInstallationRes,
  type Iso2Message,
} from '@chargegraph/iso15118';
import type { DemoPki } from '@chargegraph/pki';
import { cpo, mo } from './callers.ts';
import { inDays, startHarness, type Harness } from './harness.ts';
import { install, publish, update } from './operations.ts';
import {
  base64,
  fillPools,
  makeCar,
  makePki,
  makeRequest,
  rootIdOf,
  signedDataOf,
  type Car,
  type DataRequest,
  type PkiOptions,
} from './world.ts';

/** The contract that the tests' stories are about. */
export const emaid = 'DEABCC00000001';

/** What {@link Harness.snapshot} shows of a pool that nothing came into. */
export const untouched = { contracts: [], defaults: [], data: [], events: [] };

/** A payload with the response's errors. */
export type Answer<Payload> = Payload & { readonly errors: SubgraphResponse['errors'] };

export type ContractAnswer = Answer<{
  readonly contract: Record<string, unknown> | null;
  readonly userErrors: readonly object[];
}>;

export type InstallationAnswer = Answer<{
  readonly certificateInstallationRes: string | null;
  readonly outcome: string | null;
  readonly emaid: string | null;
  readonly reason: string | null;
  readonly contracts: readonly {
    readonly emaid: string;
    readonly certificateInstallationRes: string;
    readonly remaining: number;
  }[];
  readonly userErrors: readonly object[];
}>;

/** A pool among cars, operators and a PKI, with the verbs of each. */
export interface Scene {
  readonly harness: Harness;
  /** Known to the root pool. */
  readonly pki: DemoPki;
  /** A PKI of the same names that the root pool does not know. */
  readonly otherPki: DemoPki;
  readonly car: Car;
  readonly otherCar: Car;
  /** Signed data for the car and {@link emaid}, as base64 EXI. */
  data(request?: Partial<DataRequest>): Promise<string>;
  publishAs(caller: Caller, signedContractData: string, pcid?: string): Promise<ContractAnswer>;
  updateAs(caller: Caller, signedContractData: string, id?: string): Promise<ContractAnswer>;
  /** Publishes new data as its operator; throws when it is refused. */
  publishData(request?: Partial<DataRequest>): Promise<void>;
  /** A request of the car that lists the V2G root, or of another one that holds its key. */
  askForV2g(asking?: Parameters<typeof makeRequest>[0]): Promise<Uint8Array>;
  /** Hands a car's request to the pool; `namespace` is what the caller declares. */
  request(octets: Uint8Array, caller?: Caller, namespace?: string): Promise<InstallationAnswer>;
  reset(): Promise<void>;
}

/** The pool's settings, and what its PKIs are like. */
export type SceneOptions = Parameters<typeof startHarness>[0] & { readonly pki?: PkiOptions };

/** Starts a pool and makes everybody. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const { pki: pkiOptions, ...settings } = options;
  const [harness, pki, otherPki] = await Promise.all([
    startHarness(settings),
    makePki(pkiOptions),
    makePki(pkiOptions),
  ]);
  const [car, otherCar] = await Promise.all([
    makeCar(pki, 'wcgTEST0000000001', inDays(3_000)),
    makeCar(pki, 'WCGTEST0000000002'),
  ]);

  async function mutate<Payload>(caller: Caller, field: string, query: string, input: object) {
    const { data, errors } = await harness.run(caller, query, { input });
    return { errors, ...(data?.[field] as Payload) };
  }
  const scene: Scene = {
    harness,
    pki,
    otherPki,
    car,
    otherCar,
    data: (request) => signedDataOf(pki, { car, emaid, ...request }),
    publishAs: (caller, signedContractData, pcid = car.pcid) =>
      mutate(caller, 'publishContract', publish, { signedContractData, pcid }),
    updateAs: (caller, signedContractData, id = emaid) =>
      mutate(caller, 'updateContract', update, { signedContractData, emaid: id }),
    publishData: async (request) => {
      const { contract, userErrors } = await scene.publishAs(mo, await scene.data(request));
      if (contract === null) throw new Error(JSON.stringify(userErrors));
    },
    askForV2g: async (asking = car) =>
      encodeMessage(await makeRequest(asking, [rootIdOf(pki.v2gRoot.certificate)])),
    request: (octets, caller = cpo, namespace) =>
      mutate(caller, 'requestCertificateInstallation', install, {
        certificateInstallationReq: base64(octets),
        namespace,
      }),
    reset: async () => {
      await harness.reset();
      fillPools(harness.pools, pki, car, otherCar);
    },
  };
  return scene;
}

/** The response that an answer holds. */
export function responseOf({
  certificateInstallationRes,
}: InstallationAnswer): Iso2Message<CertificateInstallationRes> {
  const message = decodeMessage(Buffer.from(certificateInstallationRes ?? '', 'base64'));
  if (message.body.type !== 'CertificateInstallationRes') throw new Error(message.body.type);
  return { ...message, body: message.body };
}
