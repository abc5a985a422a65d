import type { Client } from 'graphql-ws';
import { lookUpVehicle, type Car, type Doors } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import {
  deleteContract,
  publishNewCar,
  signNewContract,
  signRenewal,
  updateContract,
  type SignedContract,
} from '../harness/parties.ts';
import { subscriber } from '../harness/subscriber.ts';

/** An event as a selection shapes it. */
export type Event = Record<string, unknown>;

/** What a subscription is refused with. */
export interface Refusal {
  readonly message: string;
  readonly extensions?: unknown;
}

/**
 * An ecosystem in which five things have happened to the contracts of two cars: a creation each, an update of the
 * first, the deletion of the second, and another creation for the second car.
 */
export interface Scene {
  readonly world: TestEcosystem;
  readonly oem: Doors;
  readonly mo: Doors;
  readonly cars: readonly [Car, Car];
  readonly contracts: readonly [SignedContract, SignedContract];
  /** Cursor from before anything happened. */
  readonly start: string;
  readonly clients: Readonly<Record<'oem' | 'other' | 'operator' | 'mo' | 'cpo', Client>>;
  /** So many of the first events as the car maker sees them with a selection, `$start` being their cursor. */
  replay(
    selection: string,
    count: number,
    variables?: Record<string, unknown>,
    definitions?: string,
  ): Promise<Event[]>;
  /** What an operation is refused with; undefined when it is not. */
  refusal(client: Client, query: string, variables?: Record<string, unknown>): Promise<Refusal | undefined>;
  stop(): Promise<void>;
}

/** Sets the scene. */
export async function startScene(settings: Parameters<typeof startTestEcosystem>[0] = {}): Promise<Scene> {
  const world = await startTestEcosystem(settings);
  const { pki, url, credentials } = world;
  const doors = (['demo-oem', 'demo-mo', 'demo-operator'] as const).map((name) => world.doors(name));
  const [oem, mo, operator] = (await Promise.all(doors)) as [Doors, Doors, Doors];
  const other = await world.running().clients.add({
    clientId: 'other-oem',
    name: 'Other car maker',
    organisation: 'Other OEM',
    roles: ['OEM'],
    wmis: ['XYZ'],
  });
  const connect = (of: { readonly clientId: string; readonly clientSecret: string }) =>
    subscriber(url, () => accessToken(url, of)).client;
  const clients = {
    oem: connect(credentials['demo-oem']),
    other: connect(other),
    operator: connect(credentials['demo-operator']),
    mo: connect(credentials['demo-mo']),
    cpo: connect(credentials['demo-cpo']),
  };

  const start = await endOfLog(operator);
  const cars = [await publishNewCar(oem, pki), await publishNewCar(oem, pki)] as const;
  const contracts = [
    await signNewContract(mo, pki, cars[0]),
    await signNewContract(mo, pki, cars[1]),
  ] as const;
  const vehicle = await lookUpVehicle(mo, cars[0].pcid);
  await updateContract(mo, await signRenewal(mo, pki, contracts[0].emaid, vehicle));
  await deleteContract(mo, contracts[1].emaid);
  await signNewContract(mo, pki, cars[1]);

  return {
    world,
    oem,
    mo,
    cars,
    contracts,
    start,
    clients,
    replay: async (selection, count, variables = {}, definitions = '($start: Cursor)') => {
      const query = `subscription S${definitions} ${selection}`;
      const listening = listen<Record<string, Event>>(clients.oem, query, { start, ...variables });
      const events = await listening.events(count);
      listening.stop();
      return events;
    },
    refusal: async (client, query, variables = {}) => {
      const listening = listen<Record<string, Event>>(client, query, variables);
      return await listening.ended.then(
        () => listening.results[0]?.errors?.[0],
        (error: unknown) => (error as { reason?: readonly Refusal[] }).reason?.[0],
      );
    },
    stop: async () => {
      for (const client of Object.values(clients)) await client.dispose();
      await world.stop();
    },
  };
}
