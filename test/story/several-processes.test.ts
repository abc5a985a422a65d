import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playStory, runGateway, runSubgraph, type DemoCredentials, type StoryStep } from '@chargegraph/cli';
import { standalonePools as pools, type StandalonePool } from '@chargegraph/graph';
import { createInternalTokens, serviceCaller, type Caller } from '@chargegraph/identity';
import { systemClock } from '@chargegraph/service';
import { runHere } from '../harness/commands.ts';
import { layOutDistributed, type Distributed, type Part } from '../harness/distributed.ts';
import { accessToken, send, sendUnread } from '../harness/http.ts';
import { runChargegraph, type ChargegraphProcess } from '../harness/processes.ts';
import { within } from '../harness/wait.ts';

const everything = { query: '{ _service { sdl } }' };

describe('one gateway process and four pool processes', () => {
  let place: Distributed;
  let credentials: DemoCredentials;
  let processes: ReadonlyMap<Part, ChargegraphProcess>;

  beforeAll(async () => {
    place = await layOutDistributed({ settingsOf: { gateway: { CHARGEGRAPH_PAGES: 'off' } } });
  });
  afterAll(() => place.clear());

  it('refuse to start on a database that was not migrated, with the sentence that says what to do', async () => {
    const [gateway, rcp] = await Promise.all([
      runChargegraph(['gateway'], { env: place.settings('gateway') }),
      runChargegraph(['subgraph', 'rcp'], { env: place.settings('rcp') }),
    ]);
    expect(gateway.code).toBe(1);
    expect(gateway.stderr).toMatch(
      /^The database schema "identity" is behind .* run `chargegraph migrate` first\.\n$/,
    );
    expect(rcp.code).toBe(1);
    expect(rcp.stderr).toMatch(
      /^The database schema "rcp" is behind .* run `chargegraph migrate` first\.\n$/,
    );
  }, 60_000);

  it('refuse to start without a setting, with a sentence that names it and no stack', async () => {
    const without = (part: StandalonePool | 'gateway', name: string) => {
      const { [name]: _, ...rest } = place.settings(part);
      return runHere(() => (part === 'gateway' ? runGateway(rest) : runSubgraph(part, rest)));
    };
    const [gateway, cps] = await Promise.all([
      without('gateway', 'CHARGEGRAPH_MASTER_KEY'),
      without('cps', 'CHARGEGRAPH_KEY_PASSPHRASE'),
    ]);
    expect(gateway.code).toBe(1);
    expect(gateway.stderr).toMatch(/^CHARGEGRAPH_MASTER_KEY is not set: [^\n]+\n$/);
    expect(cps.code).toBe(1);
    expect(cps.stderr).toMatch(/^CHARGEGRAPH_KEY_PASSPHRASE is not set: [^\n]+\n$/);
  }, 60_000);

  it('come up in any order once the database is migrated', async () => {
    const first = await place.migrate();
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^identity: /m);
    for (const pool of pools) expect(first.stdout).toMatch(new RegExp(`^${pool}: `, 'm'));
    expect(await place.migrate()).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
    credentials = await place.addClients();
    processes = await place.start();
  }, 120_000);

  it('show no pages where these are off', async () => {
    // A query is still taken by POST.
    const expected = { '/': 404, '/graphql': 405, '/docs': 404, '/docs/opcp.openapi.yaml': 404 };
    for (const [path, status] of Object.entries(expected)) {
      const headers = { accept: 'text/html' };
      const answer = await send(`${place.gatewayUrl}${path}`, { method: 'GET', headers });
      expect({ path, status: answer.status }).toEqual({ path, status });
    }
  });

  it('play the whole story', async () => {
    const steps: StoryStep[] = [];
    await playStory({
      url: place.gatewayUrl,
      credentials,
      pkis: place.pkis,
      report: (step) => {
        steps.push(step);
      },
    });
    expect(steps.at(-1)?.what).toContain('over -2 and over -20');
  }, 60_000);

  it('let nobody into a pool without an internal token for pools', async () => {
    const tokens = createInternalTokens(place.internalSecret, systemClock);
    const forged = createInternalTokens(Buffer.alloc(32, 7), systemClock);
    const operator = await accessToken(place.gatewayUrl, credentials['demo-operator']);
    const wrong = [
      undefined,
      'nonsense',
      operator,
      await tokens.mint(serviceCaller('test'), 'gateway'),
      await forged.mint(serviceCaller('test'), 'subgraphs'),
    ];
    for (const pool of pools) {
      const url = `${place.poolUrl(pool)}/graphql`;
      for (const token of wrong) {
        const { status, json } = await send(url, { token, body: everything });
        expect(status).toBe(401);
        expect(json).toEqual({
          errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }],
        });
      }
      const right = await send(url, {
        token: await tokens.mint(serviceCaller('test'), 'subgraphs'),
        body: everything,
      });
      expect(right.json).toMatchObject({
        data: { _service: { sdl: expect.stringContaining('type Query') } },
      });
    }
  });

  it('refuse a stranger before they read what it sends', async () => {
    const size = 20 * 1024 * 1024;
    for (const pool of pools) expect(await sendUnread(`${place.poolUrl(pool)}/graphql`, size)).toBe(401);
    const tokens = createInternalTokens(place.internalSecret, systemClock);
    const token = await tokens.mint(serviceCaller('test'), 'subgraphs');
    expect(await send(`${place.poolUrl('rcp')}/graphql`, { token, body: 'x'.repeat(size) })).toMatchObject({
      status: 413,
    });
  });

  it('check roles in the pool itself, so that a bypassed gateway leaks nothing', async () => {
    const tokens = createInternalTokens(place.internalSecret, systemClock);
    const cpo: Caller = { ...serviceCaller('test'), roles: new Set(['CPO']) };
    const ask = async (pool: StandalonePool, query: string) => {
      const token = await tokens.mint(cpo, 'subgraphs');
      return (await send(`${place.poolUrl(pool)}/graphql`, { token, body: { query } })).json;
    };
    const refused = { errors: [{ extensions: { code: 'FORBIDDEN' } }] };
    expect(await ask('ccp', '{ contractEventLog(first: 10) { head } }')).toMatchObject(refused);
    expect(await ask('ccp', '{ contract(emaid: "EMP99C00000001") { emaid } }')).toMatchObject(refused);
    expect(await ask('pcp', '{ vehicleExists(pcid: "WMI00000000000001") }')).toMatchObject(refused);
    const addRoot =
      'mutation { addRootCertificate(input: { certificate: "x", type: V2G }) { userErrors { code } } }';
    expect(await ask('rcp', addRoot)).toMatchObject(refused);
  });

  it('let the operator manage clients at the gateway, which has them beside it', async () => {
    const token = await accessToken(place.gatewayUrl, credentials['demo-operator']);
    const ask = async (query: string) =>
      (await send(`${place.gatewayUrl}/graphql`, { token, body: { query } })).json as {
        data: { addClient: { client: unknown; clientSecret: string } };
      };
    const { data } = await ask(
      `mutation { addClient(input: { clientId: "late", name: "Late", organisation: "Late", roles: [CPO] }) {
         client { clientId enabled } clientSecret userErrors { message } } }`,
    );
    expect(data.addClient).toMatchObject({ client: { clientId: 'late', enabled: true }, userErrors: [] });
    const { clientSecret } = data.addClient;
    expect(await accessToken(place.gatewayUrl, { clientId: 'late', clientSecret })).toMatch(/^ey/);
    expect(
      await ask(
        '{ clients(where: { enabled: true }, first: 100) { totalCount } client(clientId: "late") { name } }',
      ),
    ).toMatchObject({ data: { clients: { totalCount: 6 }, client: { name: 'Late' } } });
    const log = [...processes.values()].map((each) => each.stderr() + each.stdout()).join();
    expect(log).not.toContain(clientSecret);
    // It is no pool that could be a process of its own.
    expect(await runHere(() => runSubgraph('identity', place.settings('rcp')))).toMatchObject({
      code: 1,
      stderr: 'There is no pool "identity": use rcp, pcp, ccp, cps.\n',
    });
  }, 30_000);

  it('take calls of pools at the gateway with a token for gateways only', async () => {
    const tokens = createInternalTokens(place.internalSecret, systemClock);
    const url = `${place.gatewayUrl}/internal/graphql`;
    const body = { query: '{ rootCertificates(first: 1) { totalCount } }' };
    const partner = await accessToken(place.gatewayUrl, credentials['demo-operator']);
    for (const token of [undefined, partner, await tokens.mint(serviceCaller('test'), 'subgraphs')]) {
      expect(await send(url, { token, body })).toMatchObject({ status: 401 });
    }
    const internal = await tokens.mint(serviceCaller('test'), 'gateway');
    expect((await send(url, { token: internal, body })).json).toEqual({
      data: { rootCertificates: { totalCount: 6 } },
    });
    // And the other way round: no internal token opens the partners' door.
    expect(await send(`${place.gatewayUrl}/graphql`, { token: internal, body })).toMatchObject({
      status: 401,
    });
  });

  it('say that a pool is away while it is, and go on when it is back', async () => {
    const rcp = processes.get('rcp');
    rcp?.signal('SIGTERM');
    expect(await rcp?.ended).toEqual({ code: 0, signal: null });
    const token = await accessToken(place.gatewayUrl, credentials['demo-operator']);
    const ask = () =>
      send(`${place.gatewayUrl}/graphql`, {
        token,
        body: { query: '{ rootCertificates(first: 1) { totalCount } }' },
      });
    expect((await ask()).json).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    processes = await place.start();
    expect((await ask()).json).toMatchObject({ data: { rootCertificates: { totalCount: 6 } } });
  }, 60_000);

  it('end with exit code 0 within seconds when they are told to', async () => {
    for (const each of processes.values()) each.signal('SIGTERM');
    const endings = await within(
      'all processes end',
      15_000,
      Promise.all(
        [...processes.values()].map(async (each) => ({ ending: await each.ended, log: each.stderr() })),
      ),
    );
    for (const { ending, log } of endings) {
      expect(ending).toEqual({ code: 0, signal: null });
      // Warnings of the pool that was away, and nothing worse.
      expect(log).not.toMatch(/"level":[56]0/);
    }
  }, 30_000);
});
