import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { makeEmaid, type Car, type Doors } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen, type EventFacts, type Listening } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { publishNewCar, randomDelay } from '../harness/parties.ts';
import { makeVersions, publishData } from '../harness/publish-events.ts';
import { subscriber } from '../harness/subscriber.ts';
import { clientNamed, issueToken } from '../harness/tokens.ts';
import { eventually, pause, within } from '../harness/wait.ts';
import { openSocket } from '../harness/websocket.ts';

describe('a subscriber that wants every event', () => {
  let world: TestEcosystem;
  let mo: Doors;
  let operator: Doors;
  let car: Car;
  let oemToken: () => Promise<string>;

  beforeAll(async () => {
    world = await startTestEcosystem();
    const oem = await world.doors('demo-oem');
    [mo, operator] = await Promise.all([world.doors('demo-mo'), world.doors('demo-operator')]);
    car = await publishNewCar(oem, world.pki);
    oemToken = () => accessToken(world.url, world.credentials['demo-oem']);
  });
  afterAll(() => world.stop());

  /** Makes so many events of one contract, one after the other, without publishing them yet. */
  const prepare = async (count: number) => {
    const [made] = await makeVersions(world.pki, car, [makeEmaid()], count);
    const versions = made?.data ?? [];
    let next = 0;
    return {
      emaid: made?.emaid ?? '',
      publish: async (doors = mo): Promise<void> => {
        await publishData(doors, car.pcid, versions[next++] ?? '');
      },
    };
  };

  it('sees each event of its range once and in order, while 100 are published at once and others come and go', async () => {
    const perContract = 5;
    const contracts = await makeVersions(world.pki, car, Array.from({ length: 20 }, makeEmaid), perContract);
    const start = await endOfLog(operator);
    const { client } = subscriber(world.url, oemToken);
    const { client: second } = subscriber(world.url, oemToken);
    const whole = [listen(client, undefined, { after: start }), listen(second, undefined, { after: start })];

    let publishing = true;
    /** Comes and goes, each time with the cursor of the last event that it saw. */
    const visitor = async (): Promise<EventFacts[]> => {
      const seen: EventFacts[] = [];
      let after = start;
      const take = async (
        listening: Listening<{ contractEvents: EventFacts }>,
        patience: number,
      ): Promise<void> => {
        await pause(patience);
        listening.stop();
        for (const { data } of listening.results) if (data?.contractEvents) seen.push(data.contractEvents);
        after = seen.at(-1)?.cursor ?? after;
      };
      while (publishing) {
        const short = subscriber(world.url, oemToken);
        const listening = listen(short.client, undefined, { after });
        await eventually('the visitor is let in', () => short.connections() > 0, 40_000);
        await take(listening, randomDelay(150));
        await short.client.dispose();
      }
      const { client: last } = subscriber(world.url, oemToken);
      const rest = listen(last, undefined, { after });
      await eventually('the visitor has seen all', () => seen.length + rest.results.length >= 100, 40_000);
      await take(rest, 100);
      await last.dispose();
      return seen;
    };
    const visitors = [visitor(), visitor(), visitor()];
    await Promise.all(
      contracts.map(async ({ data }) => {
        for (const version of data) await publishData(mo, car.pcid, version);
      }),
    );
    publishing = false;

    const [first = []] = await Promise.all(whole.map((each) => each.events(100)));
    expect(first).toHaveLength(100);
    expect(new Set(first.map(({ id }) => id)).size).toBe(100);
    for (const { emaid } of contracts) {
      const types = first.filter((event) => event.emaid === emaid).map(({ type }) => type);
      expect(types).toEqual([
        'OEM_CONTRACT_CREATED',
        ...Array.from({ length: perContract - 1 }, () => 'OEM_CONTRACT_UPDATED'),
      ]);
    }
    const ids = first.map(({ id }) => id);
    await pause(200);
    for (const each of whole) expect(each.results.map(({ data }) => data?.contractEvents.id)).toEqual(ids);
    for (const seen of await Promise.all(visitors)) expect(seen.map(({ id }) => id)).toEqual(ids);
    await Promise.all([client.dispose(), second.dispose()]);
  }, 90_000);

  it('is told 4403 when its token ends, and comes back with a new one and its cursor without a loss', async () => {
    const oem = await clientNamed(world, 'demo-oem');
    const short = subscriber(world.url, () => issueToken(world, oem, { lifetime: 3 }));
    const { publish, emaid } = await prepare(12);
    const seen: EventFacts[] = [];
    let after = await endOfLog(operator);
    const following = { stop: false };
    // As a client's author writes it: from the last cursor, whenever the subscription ends.
    const loop = (async () => {
      for await (const { data } of short.client.iterate<{ contractEvents: EventFacts }>({
        query:
          'subscription ($after: Cursor) { contractEvents(after: $after) { id cursor type emaid pcid } }',
        get variables() {
          return { after };
        },
      })) {
        if (following.stop || data == null) return;
        seen.push(data.contractEvents);
        after = data.contractEvents.cursor;
      }
    })();
    for (let i = 0; i < 12; i += 1) {
      await publish();
      await pause(350);
    }
    await eventually('all events came', () => seen.length >= 12);
    following.stop = true;
    expect(seen.map((event) => event.emaid)).toEqual(Array.from({ length: 12 }, () => emaid));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(12);
    expect(short.closings.length).toBeGreaterThanOrEqual(1);
    for (const closing of short.closings) expect(closing).toEqual({ code: 4403, reason: 'Token ended' });
    await short.client.dispose();
    await loop.catch(() => undefined);
  }, 60_000);

  it('gives up at once when its token is wrong: 4401', async () => {
    const wrong = subscriber(world.url, () => 'nonsense');
    await expect(listen(wrong.client).ended).rejects.toThrow('closed with 4401');
    expect(wrong.closings).toEqual([{ code: 4401, reason: 'Unauthorized' }]);
    expect(wrong.connections()).toBe(0);
    await wrong.client.dispose();
  });

  it('is told 4450 when the gateway stops, and goes on at the next one without a loss', async () => {
    const { client, closings, connections } = subscriber(world.url, oemToken);
    const { publish, emaid } = await prepare(6);
    let after = await endOfLog(operator);
    const seen: EventFacts[] = [];
    const unsubscribe = client.subscribe<{ contractEvents: EventFacts }>(
      {
        query:
          'subscription ($after: Cursor) { contractEvents(after: $after) { id cursor type emaid pcid } }',
        get variables() {
          return { after };
        },
      },
      {
        next: ({ data }) => {
          if (data == null) return;
          seen.push(data.contractEvents);
          after = data.contractEvents.cursor;
        },
        error: (error) => {
          throw error;
        },
        complete: () => undefined,
      },
    );
    await publish();
    await publish();
    await eventually('two events came', () => seen.length === 2);
    await world.restart();
    mo = await world.doors('demo-mo');
    operator = await world.doors('demo-operator');
    for (let i = 0; i < 4; i += 1) await publish(mo);
    await eventually('all events came', () => seen.length >= 6);
    expect(closings[0]).toEqual({ code: 4450, reason: 'Going away, reconnect with your cursor' });
    expect(connections()).toBe(2);
    expect(seen.map((event) => event.emaid)).toEqual(Array.from({ length: 6 }, () => emaid));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(6);
    unsubscribe();
    await client.dispose();
  }, 60_000);

  it('does not keep a gateway from stopping when it answers no more', async () => {
    const deaf: Socket = connect(Number(new URL(world.url).port), '127.0.0.1');
    deaf.on('error', () => undefined);
    deaf.write(
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    await once(deaf, 'data');
    await within('the ecosystem stops and starts', 12_000, world.restart());
    deaf.destroy();
  }, 30_000);

  it('is closed when it speaks before it is let in, says a thing twice, or names no protocol', async () => {
    const token = await oemToken();
    const early = await openSocket(world.url);
    early.send({ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(await early.closed).toMatchObject({ code: 4401 });
    const twice = await openSocket(world.url);
    twice.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    expect(await twice.next()).toMatchObject({ type: 'connection_ack' });
    twice.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    expect(await twice.closed).toMatchObject({ code: 4429 });
    const again = await openSocket(world.url);
    again.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    expect(await again.next()).toMatchObject({ type: 'connection_ack' });
    const payload = { query: 'subscription { contractEvents { id } }' };
    for (let n = 0; n < 2; n++) again.send({ id: '1', type: 'subscribe', payload });
    expect(await again.closed).toMatchObject({ code: 4409 });
    const without = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`);
    expect((await once(without, 'close'))[0]).toBe(4406);
    // The token may come with the handshake instead.
    const byHeader = await openSocket(world.url, { authorization: `Bearer ${token}` });
    byHeader.send({ type: 'connection_init' });
    expect(await byHeader.next()).toMatchObject({ type: 'connection_ack' });
    byHeader.close();
  });
});
