import { expect } from 'vitest';
import type { Caller } from '@chargegraph/identity';
import { encodeIso20Message, type Iso20ResponseCode } from '@chargegraph/iso15118';
import type { DemoPki } from '@chargegraph/pki';
import { mo } from './callers.ts';
import { installIso20Contract, iso20ResponseOf, type InstalledIso20Contract } from './iso20-car.ts';
import {
  iso20DataOf,
  makeIso20Pki,
  makeIso20Request,
  type Iso20DataRequest,
  type Iso20RequestOptions,
} from './iso20-world.ts';
import { inDays } from './harness.ts';
import {
  startScene,
  type ContractAnswer,
  type InstallationAnswer,
  type Scene,
  type SceneOptions,
} from './scene.ts';
import { fillIso20Pools, makeCar, rootIdOf, type Car } from './world.ts';

/** An EMAID that ISO 15118-20 alone allows. */
export const longEmaid = 'DEABCC0000000000000000000001';

/** The scene of ISO 15118-2 with a PKI of -20 beside its own, and a certificate of -20 for the same car. */
export interface Iso20Scene extends Scene {
  /** Known to the root pool; on P-521. */
  readonly pki20: DemoPki;
  /** Of the same names, unknown to the root pool. */
  readonly otherPki20: DemoPki;
  /** The scene's car with its certificate of ISO 15118-20. */
  readonly car20: Car;
  /** Signed data of ISO 15118-20 for the car and {@link longEmaid}, as base64 EXI. */
  data20(request?: Partial<Iso20DataRequest>): Promise<string>;
  /** Publishes new data of ISO 15118-20 as its operator; throws when it is refused. */
  publishData20(request?: Partial<Iso20DataRequest>): Promise<ContractAnswer>;
  /** The car's request, listing the V2G root of -20 unless other roots are given. */
  ask20(options?: Partial<Iso20RequestOptions>, car?: Car): Promise<Uint8Array>;
  /** Asks for the car's contracts. */
  request20(options?: Partial<Iso20RequestOptions>, caller?: Caller): Promise<InstallationAnswer>;
  /** What the car makes of an answer: the contracts it installs, in order. */
  installed(answer: InstallationAnswer): InstalledIso20Contract[];
}

/** Starts it. */
export async function startIso20Scene(options: SceneOptions = {}): Promise<Iso20Scene> {
  const scene = await startScene(options);
  // Afterwards: making keys on P-521 would keep the pool's first connection waiting.
  const [pki20, otherPki20] = await Promise.all([makeIso20Pki(options.pki), makeIso20Pki(options.pki)]);
  const car20 = await makeCar(pki20, scene.car.pcid, inDays(3_000));
  const roots = [rootIdOf(pki20.v2gRoot.certificate)];
  const extended: Iso20Scene = {
    ...scene,
    pki20,
    otherPki20,
    car20,
    data20: (request) => iso20DataOf(pki20, { car: car20, emaid: longEmaid, ...request }),
    publishData20: async (request) => {
      const answer = await scene.publishAs(mo, await extended.data20(request));
      if (answer.contract === null) throw new Error(JSON.stringify(answer));
      return answer;
    },
    ask20: async (options, car = car20) =>
      encodeIso20Message(await makeIso20Request(car, { roots, ...options })),
    request20: async (options, caller) => scene.request(await extended.ask20(options), caller),
    installed: ({ contracts }) =>
      contracts.map(({ certificateInstallationRes }) =>
        installIso20Contract(car20, certificateInstallationRes, {
          v2gRoot: pki20.v2gRoot.certificate,
          at: scene.harness.clock.now(),
        }),
      ),
    reset: async () => {
      await scene.reset();
      fillIso20Pools(scene.harness.pools, pki20, car20);
    },
  };
  return extended;
}

/** Expects the unsigned negative response of ISO 15118-20 with this code, in the session of the tests' requests. */
export function expectIso20Refusal(
  answer: InstallationAnswer,
  outcome: string,
  responseCode: Iso20ResponseCode,
  reason: RegExp,
): void {
  expect(answer).toMatchObject({ outcome, contracts: [], emaid: null, userErrors: [] });
  expect(answer.reason).toMatch(reason);
  const { header, body } = iso20ResponseOf(answer.certificateInstallationRes);
  expect(body.responseCode).toBe(responseCode);
  expect(header.signature).toBeUndefined();
  expect([...header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
}
