import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '@chargegraph/database';
import { openDoors, type Doors } from '@chargegraph/cli';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { listen } from '../harness/events.ts';
import { accessToken, send } from '../harness/http.ts';
import { publishNewCar, newPcid, signNewContract } from '../harness/parties.ts';
import { subscriber } from '../harness/subscriber.ts';
import { eventually, within } from '../harness/wait.ts';
import { knock } from '../harness/websocket.ts';

/** What a client is onboarded with, beside its id. */
type Onboarding = Readonly<Record<string, unknown>>;

const rightsChanged = { code: 4403, reason: 'Rights changed, reconnect with your cursor' };

describe('onboarding of a partner through the graph', () => {
  let world: TestEcosystem;
  let operator: Doors;
  let identity: Database;
  beforeAll(async () => {
    world = await startTestEcosystem();
    operator = await world.doors('demo-operator');
    identity = createDatabase({ url: world.databaseUrl, schema: 'identity', logger: silentLogger, max: 1 });
  });
  afterAll(async () => {
    await identity.close();
    await world.stop();
  });

  const add = async (clientId: string, more: Onboarding) => {
    const { addClient } = await operator.graphql<{ addClient: { clientSecret: string } }>(
      `mutation ($input: AddClientInput!) {
         addClient(input: $input) { clientSecret userErrors { message } }
       }`,
      { input: { clientId, name: clientId, organisation: clientId, ...more } },
    );
    return { clientId, clientSecret: addClient.clientSecret };
  };
  const change = (mutation: 'disableClient' | 'enableClient' | 'updateClient', input: object) => {
    const type = mutation.replace(/^./, (letter) => letter.toUpperCase());
    return operator.graphql(
      `mutation ($input: ${type}Input!) { ${mutation}(input: $input) { client { clientId } userErrors { message } } }`,
      { input },
    );
  };
  const roots = (token: string) =>
    send(`${world.url}/graphql`, {
      token,
      body: { query: '{ rootCertificates(first: 1) { totalCount } }' },
    });
  /** A stock client that has its subscription open. */
  const subscribed = async (credentials: { clientId: string; clientSecret: string }) => {
    const token = await accessToken(world.url, credentials);
    const opened = subscriber(world.url, () => token);
    const listening = listen(opened.client);
    await eventually('it is let in', () => opened.connections() === 1);
    return { ...opened, listening, token };
  };

  it('gives a car maker what it needs to publish its cars, and nobody else’s', async () => {
    const credentials = await add('newcomer', { roles: ['OEM'], wmis: ['NEW'] });
    const doors = await openDoors(world.url, credentials);
    expect((await publishNewCar(doors, world.pki, newPcid('NEW'))).pcid).toMatch(/^NEW/);
    await expect(publishNewCar(doors, world.pki, newPcid('WMI'))).rejects.toThrow('WMI');
  });

  it('is for the operator only', async () => {
    for (const party of ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps'] as const) {
      const doors = await world.doors(party);
      await expect(doors.graphql('{ clients(first: 1) { totalCount } }')).rejects.toThrow(
        'None of your roles may use Query.clients.',
      );
      await expect(
        doors.graphql(
          'mutation { rotateClientSecret(input: { clientId: "demo-operator" }) { clientSecret } }',
        ),
      ).rejects.toThrow('None of your roles may use Mutation.rotateClientSecret.');
    }
  });

  it('lists who is there', async () => {
    const { clients } = await operator.graphql<{ clients: { nodes: unknown[] } }>(
      '{ clients(where: { organisation: "demo oem" }, first: 10) { nodes { clientId organisation roles wmis enabled } } }',
    );
    expect(clients.nodes).toEqual([
      { clientId: 'demo-oem', organisation: 'Demo OEM', roles: ['OEM'], wmis: ['WMI'], enabled: true },
    ]);
  });

  it('shuts a disabled client out within seconds: 401, and 4401 on a websocket where nothing happens', async () => {
    const credentials = await add('leaver', { roles: ['OEM'], wmis: ['LEA'] });
    const { client, closings, listening, connections, token } = await subscribed(credentials);
    await change('disableClient', { clientId: 'leaver' });
    await expect(within('the socket is closed', 6_000, listening.ended)).rejects.toThrow('closed with 4401');
    expect(closings).toEqual([{ code: 4401, reason: 'Unauthorized' }]);
    expect(connections()).toBe(1);
    expect((await roots(token)).status).toBe(401);
    expect(await knock(world.url, token)).toMatchObject({ code: 4401 });
    await client.dispose();

    await change('enableClient', { clientId: 'leaver' });
    await eventually(
      'it is let in again',
      async () => (await roots(await accessToken(world.url, credentials))).status === 200,
    );
  }, 20_000);

  it('closes the websocket of a client whose rights changed with 4403: it comes back with its new ones', async () => {
    const credentials = await add('grower', { roles: ['OEM'], organisation: 'Demo OEM' });
    const { client, closings, listening, connections } = await subscribed(credentials);
    await change('updateClient', { clientId: 'grower', wmis: ['WMI'] });
    await eventually('it came back', () => connections() === 2, 6_000);
    expect(closings).toEqual([rightsChanged]);
    const car = await publishNewCar(await world.doors('demo-oem'), world.pki);
    const { emaid } = await eventually('it hears of its cars', async () => {
      const signed = await signNewContract(await world.doors('demo-mo'), world.pki, car);
      return listening.results.length > 0 ? signed : undefined;
    });
    expect(emaid).toBeDefined();
    expect(closings).toHaveLength(1);
    await client.dispose();
  }, 30_000);

  it('leaves the websocket of a client alone whose name or secret changed', async () => {
    const [renamed, changed] = [
      await subscribed(await add('renamed', { roles: ['OEM'] })),
      await subscribed(await add('changed', { roles: ['OEM'] })),
    ];
    await change('updateClient', { clientId: 'renamed', name: 'New name' });
    await operator.graphql(
      'mutation { rotateClientSecret(input: { clientId: "renamed" }) { clientSecret } }',
    );
    // By the time that this one's rights have acted, so would the other's.
    await change('updateClient', { clientId: 'changed', roles: ['OEM', 'CPO'] });
    await eventually('the other one is closed', () => changed.closings.length > 0, 8_000);
    expect(renamed.closings).toEqual([]);
    await renamed.client.dispose();
    await changed.client.dispose();
  }, 20_000);

  it('says that it cannot tell who calls while the clients’ database hangs: 503, and 4459 on the websocket', async () => {
    const credentials = await add('patient', { roles: ['OEM'] });
    const open = await subscribed(credentials);
    const waiting = subscriber(world.url, () => open.token);
    await identity.transaction(async (tx) => {
      await tx.execute('LOCK TABLE client IN ACCESS EXCLUSIVE MODE');
      const answer = await eventually(
        'what was known of the client is forgotten',
        async () => {
          const each = await roots(open.token);
          return each.status === 200 ? undefined : each;
        },
        12_000,
      );
      expect(answer).toMatchObject({
        status: 503,
        json: {
          errors: [
            {
              message: 'It cannot be checked at the moment who calls; try again.',
              extensions: { code: 'UNAVAILABLE', traceId: expect.any(String) },
            },
          ],
        },
      });
      const [token, rest] = await Promise.all([
        send(`${world.url}/oauth/token`, {
          body: {
            grant_type: 'client_credentials',
            client_id: credentials.clientId,
            client_secret: credentials.clientSecret,
          },
        }),
        send(`${world.url}/v1/ccp/signedContractData`, { token: open.token, body: {} }),
        (async () => {
          void listen(waiting.client);
          await eventually('it is sent away', () => waiting.closings.length > 0);
        })(),
      ]);
      expect(token.status).toBe(503);
      expect(rest).toMatchObject({
        status: 503,
        json: { errorMessages: ['It cannot be checked at the moment who calls; try again.'] },
      });
      expect(waiting.closings[0]).toEqual({
        code: 4459,
        reason: 'Unavailable, reconnect with your cursor',
      });
      expect(waiting.connections()).toBe(0);
    });
    await eventually('it is let in when the database is back', () => waiting.connections() === 1);
    // Nothing was asked on this one, and nothing was refused.
    expect(open.closings).toEqual([]);
    await open.client.dispose();
    await waiting.client.dispose();
  }, 60_000);
});
