import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Car, Doors } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { subscriber, type Subscriber } from '../harness/subscriber.ts';
import { eventually, pause, within } from '../harness/wait.ts';
import { consume, consumersOf, hear, mustDo, mutate, toldBy, type Consuming } from './scene.ts';

const takenOver = 4452;
/** As the page says: whoever was taken over leaves it at that. */
const standsBack = (code: number | undefined) => code !== takenOver;

describe('a named consumer', () => {
  let world: TestEcosystem;
  let oem: Doors;
  let mo: Doors;
  let operator: Doors;
  let car: Car;
  let oemToken: string;
  let moToken: string;
  const open: Subscriber[] = [];
  let names = 0;

  beforeAll(async () => {
    world = await startTestEcosystem();
    [oem, mo, operator] = await Promise.all([
      world.doors('demo-oem'),
      world.doors('demo-mo'),
      world.doors('demo-operator'),
    ]);
    car = await publishNewCar(oem, world.pki);
    oemToken = await accessToken(world.url, world.credentials['demo-oem']);
    moToken = await accessToken(world.url, world.credentials['demo-mo']);
  }, 120_000);
  afterAll(() => world.stop());
  afterEach(async () => {
    for (const { client } of open.splice(0)) await client.dispose();
    // A consumer that is left would have events wait that the next test does not expect.
    for (const { name } of await consumersOf(oem)) await mustDo(oem, 'deleteEventConsumer', { name });
  });

  const connect = (token = oemToken, shouldRetry = standsBack): Subscriber => {
    const made = subscriber(world.url, () => token, shouldRetry);
    open.push(made);
    return made;
  };
  const newName = () => `consumer-${String(++names)}`;
  const sign = async () => (await signNewContract(mo, world.pki, car)).emaid;
  const connected = async (name: string, is = true) => {
    await eventually(`${name} is connected or not`, async () =>
      (await consumersOf(oem, { name })).some((each) => each.connected === is),
    );
  };
  const acknowledge = (consumer: string, cursor: string | undefined) =>
    mustDo(oem, 'acknowledgeEvents', { consumer, cursor });
  /** Waits until the operator of the contracts has been told so much, and a moment longer. */
  const hasHeard = async (listening: Consuming, count: number) => {
    await eventually('the mobility operator hears', () => toldBy(listening).length >= count);
    await pause(300);
    return toldBy(listening);
  };

  it('goes on behind what it acknowledged, and the mobility operator hears once what waited and what was received', async () => {
    const name = newName();
    const heardByMo = hear(connect(moToken).client, await endOfLog(operator));
    const first = connect();
    const listening = consume(first.client, name);
    await connected(name);
    const a = await sign();
    const [created] = await listening.events(1);
    expect(created).toMatchObject({ type: 'OEM_CONTRACT_CREATED', emaid: a });
    await acknowledge(name, created?.cursor);
    const b = await sign();
    expect(await listening.events(1)).toMatchObject([{ emaid: b }]);
    expect(await hasHeard(heardByMo, 1)).toEqual([`MO_CONTRACT_CREATED_SENT_TO_OEM ${a}`]);

    await first.client.dispose();
    await connected(name, false);
    const c = await sign();
    expect(await hasHeard(heardByMo, 2)).toContain(`MO_CONTRACT_QUEUED_TO_OEM ${c}`);
    const again = consume(connect().client, name);
    const missed = await again.events(2);
    expect(missed.map(({ emaid }) => emaid)).toEqual([b, c]);
    const at = missed[1]?.cursor;
    expect(
      await mutate(oem, 'rejectEvent', { consumer: name, cursor: at, reason: 'Car is scrapped' }),
    ).toEqual([]);
    expect(await hasHeard(heardByMo, 4)).toEqual([
      `MO_CONTRACT_CREATED_SENT_TO_OEM ${a}`,
      `MO_CONTRACT_QUEUED_TO_OEM ${c}`,
      `MO_CONTRACT_CREATED_SENT_TO_OEM ${b}`,
      `MO_CONTRACT_REJECTED_BY_OEM ${c}`,
    ]);
    expect(heardByMo.results.at(-1)?.data?.contractEvents).toMatchObject({ reason: 'Car is scrapped' });
    const [shown] = await consumersOf(operator, { clientId: 'demo-oem', name });
    expect(shown).toMatchObject({ cursor: at, connected: true });
  }, 60_000);

  it('begins where it is told to when it is new, and is refused that later', async () => {
    const after = await endOfLog(operator);
    const a = await sign();
    const [behind, all] = [newName(), newName()];
    const { client } = connect();
    expect(await consume(client, behind, { after }).events(1)).toMatchObject([{ emaid: a }]);
    const fromBeginning = consume(client, all, { fromBeginning: true });
    await eventually('it hears all', () => toldBy(fromBeginning).includes(`OEM_CONTRACT_CREATED ${a}`));
    for (const begin of [{ after }, { fromBeginning: true }]) {
      const { errors } = await consume(connect().client, behind, begin).take();
      expect(errors).toMatchObject([
        { extensions: { code: 'BAD_INPUT', argument: [Object.keys(begin)[0]] } },
      ]);
    }
    const { errors } = await consume(connect().client, 'no such name').take();
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', argument: ['consumer'] } }]);
  }, 30_000);

  it('is taken over by a newer connection, and the older one is closed with 4452 at once', async () => {
    const name = newName();
    const [older, newer] = [connect(), connect()];
    const had = consume(older.client, name);
    await connected(name);
    const has = consume(newer.client, name);
    await within(
      'the older one is closed',
      3_000,
      eventually('it is closed', () => older.closings.length > 0),
    );
    expect(older.closings).toEqual([{ code: takenOver, reason: 'Taken over by a newer connection' }]);
    await expect(had.ended).rejects.toThrow('closed with 4452');
    const a = await sign();
    expect(await has.events(1)).toMatchObject([{ emaid: a }]);
    expect(had.results).toEqual([]);
    expect(newer.closings).toEqual([]);
  }, 30_000);

  it('is taken back by a stock client that connects again whatever the code', async () => {
    const name = newName();
    const [stock, newer] = [connect(oemToken, () => true), connect()];
    consume(stock.client, name);
    await connected(name);
    consume(newer.client, name);
    await eventually('both were taken over', () => newer.closings.some(({ code }) => code === takenOver));
    expect(stock.closings[0]).toMatchObject({ code: takenOver });
  }, 30_000);

  it('that is deleted ends with an error, and does not begin anew by itself', async () => {
    const name = newName();
    const connection = connect();
    const listening = consume(connection.client, name);
    await connected(name);
    await mustDo(oem, 'deleteEventConsumer', { name });
    const { errors } = await listening.take();
    expect(errors).toMatchObject([
      { message: 'This consumer was deleted.', extensions: { code: 'NOT_FOUND' } },
    ]);
    await pause(500);
    expect(await consumersOf(oem, { name })).toEqual([]);
  }, 30_000);

  it('that the operator sets back connects again and is told again, and the mobility operator is not', async () => {
    const name = newName();
    const begin = await endOfLog(operator);
    const heardByMo = hear(connect(moToken).client, begin);
    const connection = connect();
    const listening = consume(connection.client, name);
    await connected(name);
    const a = await sign();
    const [first] = await listening.events(1);
    await acknowledge(name, first?.cursor);
    await mustDo(operator, 'redeliverEvents', { clientId: 'demo-oem', consumer: name, after: begin });
    const [again] = await listening.events(1);
    expect(again?.id).toBe(first?.id);
    expect(connection.closings).toMatchObject([{ code: 4453 }]);
    await acknowledge(name, again?.cursor);
    expect(await hasHeard(heardByMo, 1)).toEqual([`MO_CONTRACT_CREATED_SENT_TO_OEM ${a}`]);
  }, 30_000);

  it('hears a test event, as does the operator, and nobody else', async () => {
    const name = newName();
    const after = await endOfLog(operator);
    const others = await world.running().clients.add({
      clientId: 'colleague',
      name: 'Colleague',
      organisation: 'Demo OEM',
      roles: ['OEM'],
      wmis: [],
    });
    const colleague = hear(connect(await accessToken(world.url, others)).client, after);
    const heardByMo = hear(connect(moToken).client, after);
    const token = await accessToken(world.url, world.credentials['demo-operator']);
    const heardByOperator = hear(connect(token).client, after);
    const listening = consume(connect().client, name);
    await connected(name);
    await mustDo(operator, 'sendTestEvent', { clientId: 'demo-oem', consumer: name });
    const test = { type: 'TEST', emaid: null, clientId: 'demo-oem', consumer: name };
    expect(await listening.events(1)).toMatchObject([test]);
    expect(await heardByOperator.events(1)).toMatchObject([test]);
    await sign();
    await listening.events(1);
    expect([...toldBy(colleague), ...toldBy(heardByMo)].filter((each) => each.startsWith('TEST'))).toEqual(
      [],
    );
  }, 30_000);

  it('of the documentation loses nothing over a restart, and stands back for a newer one', async () => {
    const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'SUBSCRIPTIONS.md'), 'utf8');
    const block = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].find(([, code]) =>
      code?.includes('consumer:'),
    );
    const folder = join(import.meta.dirname, '..', 'node_modules', '.documented-named-consumer');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'consumer.mjs'), block?.[1] ?? '');
    const { consumeNamed } = (await import(pathToFileURL(join(folder, 'consumer.mjs')).href)) as {
      consumeNamed(options: object): Promise<void>;
    };
    const consumer = newName();
    const started = (told: string[]) => {
      const handle = ({ type, emaid }: { type: string; emaid: string | null }) => {
        if (type === 'OEM_CONTRACT_CREATED') told.push(emaid ?? '');
      };
      const url = `${world.url.replace('http', 'ws')}/graphql`;
      return consumeNamed({ url, token: () => oemToken, consumer, handle });
    };
    const [told, toldNewer]: [string[], string[]] = [[], []];
    const first = started(told).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await connected(consumer);
    const emaids = [await sign(), await sign()];
    await world.restart();
    [oem, mo, operator] = await Promise.all([
      world.doors('demo-oem'),
      world.doors('demo-mo'),
      world.doors('demo-operator'),
    ]);
    emaids.push(await sign());
    await eventually('all came', () => told.length >= 3);
    expect(told).toEqual(emaids);
    const acknowledged = async () => (await consumersOf(oem, { name: consumer }))[0]?.connected;
    await eventually('it is connected', acknowledged);
    const second = started(toldNewer).catch((reason: unknown) => reason);
    expect(await within('the older one stands back', 10_000, first)).toMatchObject({ code: takenOver });
    const last = await sign();
    await eventually('the newer one hears', () => toldNewer.includes(last));
    expect(told).toEqual(emaids);
    await mustDo(oem, 'deleteEventConsumer', { name: consumer });
    expect(await within('it ends', 10_000, second)).toMatchObject({ message: 'This consumer was deleted.' });
    await rm(folder, { recursive: true, force: true });
  }, 60_000);
});
