import { once } from 'node:events';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
import { createDatabase, type Database } from '@chargegraph/database';
import { insertEvents } from '@chargegraph/events';
import { openProxy, type TcpProxy } from '@chargegraph/events/testing';
import { silentLogger as logger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog } from '../harness/events.ts';
import { follow, type FollowedEvent } from '../harness/follower.ts';
import { accessToken } from '../harness/http.ts';
import { judge, readWholeLog } from '../harness/verdict.ts';
import { eventually } from '../harness/wait.ts';
import { knock, type Closing } from '../harness/websocket.ts';

const faultless = { lost: [], foreign: [], duplicated: 0, disordered: [] };
const query = `subscription ($after: Cursor) {
  contractEvents(after: $after, markers: true) { id cursor type emaid reason } }`;

/** A client of its own that can stop reading, and how it was closed. */
interface Reader {
  readonly socket: WebSocket;
  /** Without markers. */
  readonly events: readonly FollowedEvent[];
  readonly isLive: () => boolean;
  readonly closed: Promise<Closing>;
}

/** Each client may have one socket: while the gateway has not given one up, the next is refused. */
describe('a subscriber that is not there any more', { timeout: 90_000 }, () => {
  let world: TestEcosystem;
  let database: Database;
  let proxy: TcpProxy;
  let operator: Doors;
  let token: string;

  beforeAll(async () => {
    world = await startTestEcosystem({ pingInterval: 1_500, limits: { maxSockets: 1 } });
    database = createDatabase({ url: world.databaseUrl, schema: 'ccp', logger, max: 2 });
    proxy = await openProxy(Number(new URL(world.url).port));
    operator = await world.doors('demo-operator');
    token = await accessToken(world.url, world.credentials['demo-oem']);
  });
  afterAll(async () => {
    await proxy.close();
    await database.close();
    await world.stop();
  });

  /** So many events of the car maker's, with so many octets each. */
  const write = async (count: number, octets: number): Promise<void> => {
    await database.execute(
      `${insertEvents} SELECT gen_random_uuid(), 'OEM_CONTRACT_UPDATED', now(), jsonb_build_object(
         'emaid', 'EMP99C0000000' || i % 10, 'emaidKey', 'EMP99C0000000' || i % 10, 'pcid', 'WMI00000000000001',
         'pcidKey', 'WMI00000000000001', 'wmi', 'WMI', 'providerId', 'EMP99', 'namespaces', '["ISO15118_2"]'::jsonb,
         'reason', repeat('x', $2::int)) FROM generate_series(1, $1::bigint) i`,
      [count, octets],
    );
  };

  const read = async (url: string, after: string): Promise<Reader> => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    const events: FollowedEvent[] = [];
    let isLive = false;
    socket.on('error', () => undefined);
    const closed = new Promise<Closing>((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as {
        type: string;
        payload?: { data?: { contractEvents: FollowedEvent } };
      };
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { after } } }));
      }
      const event = message.payload?.data?.contractEvents;
      if (event?.type === 'CAUGHT_UP') isLive = true;
      else if (event?.type.startsWith('OEM_') === true) events.push(event);
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    return { socket, events, isLive: () => isLive, closed };
  };

  const freed = () =>
    eventually('the gateway has given it up', async () => (await knock(world.url, token)) === 'let in');

  /** Follows from where it was, until it has had all that the log holds. */
  const goOn = async (events: readonly FollowedEvent[], start: string) => {
    const log = await readWholeLog(operator, start);
    const after = events.at(-1)?.cursor ?? start;
    const again = follow({ name: 'again', url: world.url, token, after });
    await eventually('the rest came', () => again.events.at(-1)?.id === log.at(-1)?.id, 40_000);
    await again.stop();
    return judge(log, [...events, ...again.events]);
  };

  it('because it stopped reading is cut off, disturbs nobody, and misses nothing when it is back', async () => {
    const start = await endOfLog(operator);
    const other = follow({
      name: 'other',
      url: world.url,
      token: await accessToken(world.url, world.credentials['demo-operator']),
      after: start,
    });
    const slow = await read(world.url, start);
    await eventually('it is live', slow.isLive);
    slow.socket.pause();
    // More than is kept on the way to it.
    const count = 3_000;
    await write(count, 4_096);
    await eventually('the other has had all', () => other.events.length >= count, 40_000);
    await freed();
    slow.socket.resume();
    expect(await slow.closed).toMatchObject({ code: 1006 });
    expect(slow.events.length).toBeLessThan(count);
    expect(judge(await readWholeLog(operator, start), other.events)).toEqual(faultless);
    await other.stop();
    expect(await goOn(slow.events, start)).toEqual(faultless);
  });

  it('because it vanished without a word is given up, and misses nothing when it is back', async () => {
    const start = await endOfLog(operator);
    const gone = await read(`http://127.0.0.1:${proxy.port}`, start);
    await eventually('it is live', gone.isLive);
    await write(3, 10);
    await eventually('it hears', () => gone.events.length === 3);
    proxy.silence();
    expect(await knock(world.url, token)).toMatchObject({ code: 4458 });
    await write(3, 10);
    await freed();
    proxy.heal();
    gone.socket.terminate();
    expect(gone.events).toHaveLength(3);
    expect(await goOn(gone.events, start)).toEqual(faultless);
  });
});
