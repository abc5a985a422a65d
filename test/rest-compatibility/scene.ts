import { expect } from 'vitest';
import type { Car, DemoClient } from '@chargegraph/cli';
import { base64 } from '../harness/car-requests.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken } from '../harness/http.ts';
import { publishNewCar, signNewContract, type SignedContract } from '../harness/parties.ts';
import { createAnswerCheck, readOperations, type Operation } from './opcp-document.ts';
import { exchange, type Received, type Sent } from './wire.ts';

/** One ecosystem for all of the replays, with a car that has a contract and one that has none. */
export interface Scene {
  readonly world: TestEcosystem;
  readonly car: Car;
  readonly contract: SignedContract;
  readonly carWithout: Car;
  readonly operations: readonly Operation[];
  /** What an answer lacks to be one that an operation is documented with; undefined when it lacks nothing. */
  readonly fault: (operationId: string, answer: Received) => string | undefined;
  token(client: DemoClient): string;
  /** A car's request in base64, and the car to examine the answer. */
  requestOf(car: Car): Promise<string>;
  send(sent: Sent): Promise<Received>;
  /** Sends a request and expects an answer that the operation is documented with. */
  replay(operationId: string, sent: Sent): Promise<Received>;
}

/** Nothing is limited: what is sent comes faster than any backend sends it. */
const unlimited = {
  maxCost: 0,
  costPerMinute: 0,
  lookUpsPerMinute: 0,
  tokensPerMinute: 0,
  wrongSecretsPerMinute: 0,
  wrongSecretsPerAddress: 0,
};

/** Starts it. */
export async function openScene(): Promise<Scene> {
  const world = await startTestEcosystem({ limits: unlimited });
  const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
  const car = await publishNewCar(oem, world.pki);
  const carWithout = await publishNewCar(oem, world.pki);
  const contract = await signNewContract(mo, world.pki, car);
  const tokens = new Map<DemoClient, string>();
  for (const client of Object.keys(world.credentials) as DemoClient[])
    tokens.set(client, await accessToken(world.url, world.credentials[client]));

  const operations = readOperations();
  const check = createAnswerCheck();
  const fault: Scene['fault'] = (operationId, answer) => {
    const operation = operations.find((each) => each.operationId === operationId);
    return operation === undefined ? `There is no ${operationId}.` : check(operation, answer);
  };
  return {
    world,
    car,
    contract,
    carWithout,
    operations,
    fault,
    token: (client) => tokens.get(client) ?? '',
    requestOf: async (of) => base64(await of.requestCertificate()),
    send: (sent) => exchange(world.url, sent),
    replay: async (operationId, sent) => {
      const answer = await exchange(world.url, sent);
      expect(fault(operationId, answer)).toBeUndefined();
      return answer;
    },
  };
}
