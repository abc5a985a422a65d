import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playStory, type DemoCredentials, type Doors, type StoryStep } from '@chargegraph/cli';
import { hasRedis, startTestRedis, type TestRedis } from '@chargegraph/events/testing';
import { moveConsumers } from '../drain/move.ts';
import { createContractWriter } from '../harness/contract-writer.ts';
import { layOutDistributed, type Distributed } from '../harness/distributed.ts';
import { endOfLog, listen } from '../harness/events.ts';
import { accessToken, send } from '../harness/http.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';
import { openParties, prepareDatabase } from '../harness/outsiders.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { freePort } from '../harness/ports.ts';
import type { ChargegraphProcess } from '../harness/processes.ts';
import { subscriber } from '../harness/subscriber.ts';
import { eventually, within } from '../harness/wait.ts';

/** So long that only Redis can have carried what comes sooner. */
const pollInterval = 60_000;

describe.skipIf(!hasRedis)('two gateways and four pools, with PostgreSQL and Redis between them', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let place: Distributed;
  let credentials: DemoCredentials;
  let stoppable: Awaited<ReturnType<Distributed['start']>>;
  let processes: readonly ChargegraphProcess[];
  let healthPorts: readonly number[];
  let parties: Record<'oem' | 'mo' | 'operator', Doors>;

  beforeAll(async () => {
    redis = await startTestRedis({ password: 'hush-hush' });
    database = await createTestDatabase();
    credentials = await prepareDatabase(database.url);
    healthPorts = [await freePort(), await freePort()];
    place = await layOutDistributed({
      gateways: 2,
      databaseUrl: database.url,
      settings: {
        CHARGEGRAPH_REDIS_URL: redis.url,
        CHARGEGRAPH_REDIS_PREFIX: 'this-one',
        CHARGEGRAPH_POLL_INTERVAL: String(pollInterval),
        CHARGEGRAPH_TOKENS_PER_MINUTE: '20',
      },
      settingsOf: {
        gateway: { CHARGEGRAPH_HEALTH_PORT: String(healthPorts[0]) },
        ccp: { CHARGEGRAPH_HEALTH_PORT: String(healthPorts[1]) },
      },
    });
    stoppable = await place.start();
    processes = [...stoppable.values()];
  }, 120_000);
  afterAll(async () => {
    await place.clear();
    await database.drop();
    await redis.kill();
  });

  const ready = async () =>
    await Promise.all(
      healthPorts.map(async (port) => {
        const { status, json } = await send(`http://127.0.0.1:${port}/ready`, { method: 'GET' });
        return { status, json };
      }),
    );

  it('play the whole story at the second gateway, while the pools ask the first', async () => {
    const steps: StoryStep[] = [];
    const report = (step: StoryStep) => void steps.push(step);
    await playStory({ url: place.gatewayUrls[1] ?? '', credentials, pkis: place.pkis, report });
    expect(steps.at(-1)?.what).toContain('over -2 and over -20');
  }, 60_000);

  it('tell at the one what was published through the other, long before anybody looks at the log', async () => {
    parties = await openParties(place.gatewayUrl, credentials);
    const car = await publishNewCar(parties.oem, place.pkis.iso2);
    const start = await endOfLog(parties.operator);
    const subscribers = await Promise.all(
      place.gatewayUrls.map(async (url) => {
        const token = await accessToken(url, credentials['demo-oem']);
        return subscriber(url, () => token).client;
      }),
    );
    const listening = subscribers.map((client) => listen(client, undefined, { after: start }));
    // One that was read from the log, so that both are there and live from now on.
    const first = await signNewContract(parties.mo, place.pkis.iso2, car);
    for (const each of listening) expect((await each.events(1))[0]).toMatchObject({ emaid: first.emaid });
    const other = await openParties(place.gatewayUrls[1] ?? '', credentials);
    for (const mo of [parties.mo, other.mo]) {
      const began = Date.now();
      const { emaid } = await signNewContract(mo, place.pkis.iso2, car);
      const heard = await Promise.all(listening.map((each) => each.events(1)));
      expect(heard.map(([event]) => event?.emaid)).toEqual([emaid, emaid]);
      expect(Date.now() - began).toBeLessThan(pollInterval / 4);
    }
    for (const client of subscribers) await client.dispose();
  }, 60_000);

  it('count rates together', async () => {
    const statuses: number[] = [];
    const client = credentials['demo-cps'];
    const body = {
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
    };
    for (let n = 0; n < 24; n++) {
      const url = place.gatewayUrls[n % 2] ?? '';
      statuses.push((await send(`${url}/oauth/token`, { body })).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(200), ...Array<number>(4).fill(429)]);
    expect(await redis.command('KEYS', '*')).toMatch(/^this-one:/);
  }, 30_000);

  it('stay ready without Redis, say that it is away, write on, and hear each other again when it is back', async () => {
    const all = { status: 200, json: { status: 'ready' } };
    expect(await ready()).toEqual([all, all]);
    await redis.kill();
    const without = { status: 200, json: { status: 'ready', without: ['redis'] } };
    await eventually('its absence is seen', async () =>
      (await ready()).every(({ json }) => 'without' in (json as object)),
    );
    expect(await ready()).toEqual([without, without]);
    const car = await publishNewCar(parties.oem, place.pkis.iso2);
    const start = await endOfLog(parties.operator);
    const { emaid } = await signNewContract(parties.mo, place.pkis.iso2, car);
    await redis.start();
    await eventually('it is back', async () =>
      (await ready()).every(({ json }) => !('without' in (json as object))),
    );
    // What nobody carried is found when the gateway is connected again.
    const url = place.gatewayUrls[1] ?? '';
    const token = await accessToken(url, credentials['demo-oem']);
    const { client } = subscriber(url, () => token);
    const listening = listen(client, undefined, { after: start });
    expect((await listening.events(1))[0]).toMatchObject({ emaid });
    const next = await signNewContract(parties.mo, place.pkis.iso2, car);
    expect((await listening.events(1))[0]).toMatchObject({ emaid: next.emaid });
    await client.dispose();
  }, 60_000);

  it('lose nothing and refuse nobody when all of 60 consumers at the one go on at the other, as it is told to stop', async () => {
    const { pcid } = await publishNewCar(parties.oem, place.pkis.iso2);
    const writer = createContractWriter({
      databaseUrl: database.url,
      redisUrl: redis.url,
      redisPrefix: 'this-one',
      pcid,
      contracts: 20,
      rate: 100,
    });
    const draining = stoppable.get('gateway-2');
    try {
      const { standing, outcome, logged } = await moveConsumers({
        urls: [place.gatewayUrls[1] ?? '', place.gatewayUrl],
        token: await accessToken(place.gatewayUrl, credentials['demo-oem']),
        operator: parties.operator,
        writer,
        emaids: writer.emaids,
        consumers: 40,
        named: 20,
        drain: async () => {
          draining?.signal('SIGTERM');
          await draining?.ended;
        },
      });
      expect(outcome).toMatchObject({ lost: 0, foreign: 0, disordered: 0 });
      expect(outcome.had).toBeGreaterThanOrEqual(3 * logged);
      expect(standing.refused).toEqual({});
      expect(standing.closed).toEqual({ '0 4450': 60 });
      // Spread: the first were there before the last were told to go.
      expect(standing.movedBeforeLast).toBeGreaterThan(0);
    } finally {
      await writer.close();
    }
  }, 120_000);

  it('end with exit code 0, and never wrote the password of Redis anywhere', async () => {
    for (const each of processes) each.signal('SIGTERM');
    const endings = await within('all end', 20_000, Promise.all(processes.map((each) => each.ended)));
    for (const ending of endings) expect(ending).toEqual({ code: 0, signal: null });
    const said = processes.map((each) => each.stdout() + each.stderr()).join('');
    expect(said).toContain('Redis is away');
    expect(said).not.toContain('hush-hush');
  }, 40_000);
});
