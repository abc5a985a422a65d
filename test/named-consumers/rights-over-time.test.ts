import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDoors, type Car, type Doors } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { newPcid, publishNewCar, signNewContract } from '../harness/parties.ts';
import { subscriber, type Subscriber } from '../harness/subscriber.ts';
import { clientNamed, issueToken } from '../harness/tokens.ts';
import { eventually, pause } from '../harness/wait.ts';
import { consume, consumersOf, hear, mustDo, toldBy } from './scene.ts';

const tokenEnded = { code: 4403, reason: 'Token ended' };
const rightsChanged = { code: 4403, reason: 'Rights changed, reconnect with your cursor' };
/** In which a change of rights has acted on open sockets, in milliseconds. */
const seconds = 6_000;

describe('the rights of who has a socket open', () => {
  let world: TestEcosystem;
  let mo: Doors;
  let operator: Doors;
  let maker: Doors;
  let credentials: { readonly clientId: string; readonly clientSecret: string };
  const cars = new Map<string, Car>();
  const open: Subscriber[] = [];

  beforeAll(async () => {
    world = await startTestEcosystem();
    [mo, operator] = await Promise.all([world.doors('demo-mo'), world.doors('demo-operator')]);
    const wmis = ['KPR', 'LSR'];
    const of = { name: 'Maker', organisation: 'Maker', roles: ['OEM'] as const, wmis };
    credentials = await world.running().clients.add({ clientId: 'maker', ...of });
    maker = await openDoors(world.url, credentials);
    for (const wmi of wmis) cars.set(wmi, await publishNewCar(maker, world.pki, newPcid(wmi)));
  }, 60_000);
  afterAll(() => world.stop());
  afterEach(async () => {
    for (const { client } of open.splice(0)) await client.dispose();
    for (const { clientId, name } of await consumersOf(operator)) {
      await mustDo(operator, 'deleteEventConsumer', { clientId, name });
    }
  });

  const connect = (token: () => Promise<string>): Subscriber => {
    const made = subscriber(world.url, token, (code) => code !== 4452);
    open.push(made);
    return made;
  };
  const asMaker = () => connect(() => accessToken(world.url, credentials));
  const sign = async (wmi = 'KPR'): Promise<string> => {
    const car = cars.get(wmi);
    if (car === undefined) throw new Error(`There is no car of ${wmi}.`);
    return (await signNewContract(mo, world.pki, car)).emaid;
  };
  const connected = (name: string, is: boolean) =>
    eventually(`${name} is connected: ${is}`, async () =>
      (await consumersOf(operator, { name })).some((each) => each.connected === is),
    );

  it('end with its token: a named consumer is told 4403, and goes on behind what it acknowledged with the next one', async () => {
    const before = asMaker();
    consume(before.client, 'ending');
    await connected('ending', true);
    await before.client.dispose();
    const [a, b] = [await sign(), await sign()];
    const client = await clientNamed(world, 'maker');
    let lifetime = 4;
    const made = connect(async () => {
      const token = await issueToken(world, client, { lifetime });
      lifetime = 600;
      return token;
    });
    const listening = consume(made.client, 'ending');
    const [first] = await listening.events(2);
    await mustDo(maker, 'acknowledgeEvents', { consumer: 'ending', cursor: first?.cursor });
    await eventually('the token ended', () => made.closings.length > 0, seconds);
    const c = await sign();
    await listening.events(2);
    expect(made.closings).toEqual([tokenEnded]);
    expect(toldBy(listening)).toEqual([a, b, b, c].map((emaid) => `OEM_CONTRACT_CREATED ${emaid}`));
  }, 30_000);

  it('end when it is disabled: 4401, its consumer is given back at once, and what happens meanwhile waits for it', async () => {
    const heardByMo = hear(
      connect(() => accessToken(world.url, world.credentials['demo-mo'])).client,
      await endOfLog(operator),
    );
    const made = asMaker();
    const listening = consume(made.client, 'leaving');
    await connected('leaving', true);
    const [event] = await Promise.all([listening.events(1).then(([each]) => each), sign()]);
    await mustDo(maker, 'acknowledgeEvents', { consumer: 'leaving', cursor: event?.cursor });
    await mustDo(operator, 'disableClient', { clientId: 'maker' });
    const late = listening.ended.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await eventually('the socket is closed', () => made.closings.length > 0, seconds);
    expect(made.closings).toEqual([{ code: 4401, reason: 'Unauthorized' }]);
    expect(await late).toMatchObject({ message: expect.stringContaining('closed with 4401') as string });
    await connected('leaving', false);
    const waiting = await sign();
    const queued = `MO_CONTRACT_QUEUED_TO_OEM ${waiting}`;
    await eventually('the operator of the contract hears that it waits', () =>
      toldBy(heardByMo).includes(queued),
    );
    expect(listening.results).toHaveLength(1);
    await mustDo(operator, 'enableClient', { clientId: 'maker' });
    await eventually('it is let in again', () => consumersOf(maker).catch(() => undefined));
    const again = consume(asMaker().client, 'leaving');
    expect(await again.events(1)).toMatchObject([{ emaid: waiting }]);
  }, 40_000);

  it('are looked at for each event when they changed: 4403, and what is not its own any more is told no more, old or new', async () => {
    const made = asMaker();
    const listening = consume(made.client, 'changing');
    await connected('changing', true);
    const [kept, lost] = [await sign('KPR'), await sign('LSR')];
    await listening.events(2);
    await mustDo(operator, 'updateClient', { clientId: 'maker', wmis: ['KPR'] });
    await eventually('it came back', () => made.connections() === 2, seconds);
    expect(made.closings).toEqual([rightsChanged]);
    await sign('LSR');
    const next = await sign('KPR');
    // Nothing was acknowledged: all is told again that still is its own.
    await listening.events(2);
    await pause(300);
    expect(toldBy(listening)).toEqual(
      [kept, lost, kept, next].map((emaid) => `OEM_CONTRACT_CREATED ${emaid}`),
    );
    await mustDo(operator, 'updateClient', { clientId: 'maker', wmis: ['KPR', 'LSR'] });
  }, 30_000);

  it('of an operator are gone with the role: 4403, and it is refused what it heard', async () => {
    const of = await world.running().clients.add({
      clientId: 'watcher',
      name: 'Watcher',
      organisation: 'Watcher',
      roles: ['OPERATOR'],
    });
    const made = connect(() => accessToken(world.url, of));
    const digests = listen<{ operatorEvents: { type: string } }>(
      made.client,
      'subscription { operatorEvents(markers: true) { type } }',
    );
    const contracts = hear(made.client, await endOfLog(operator));
    expect(await digests.events(1)).toEqual([{ type: 'CAUGHT_UP' }]);
    const heard = await sign();
    expect(await contracts.events(1)).toMatchObject([{ emaid: heard }]);
    await mustDo(operator, 'updateClient', { clientId: 'watcher', roles: ['CPO'] });
    await eventually('the socket is closed', () => made.closings.length > 0, seconds);
    await sign();
    for (const { ended } of [digests, contracts]) {
      await expect(ended).rejects.toMatchObject({ reason: [{ extensions: { code: 'FORBIDDEN' } }] });
    }
    expect(made.closings[0]).toEqual(rightsChanged);
    expect(contracts.results).toHaveLength(1);
  }, 30_000);
});
