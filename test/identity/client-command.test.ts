import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail } from '@chargegraph/audit/testing';
import { migrateAll } from '@chargegraph/cli';
import { createDatabase, type Database } from '@chargegraph/database';
import { createClients, type Clients } from '@chargegraph/identity';
import { silentLogger, systemClock } from '@chargegraph/service';
import { runClientHere } from '../harness/commands.ts';
import { createTestDatabase, type TestDatabase } from '../harness/postgres.ts';
import { runChargegraph } from '../harness/processes.ts';

describe('chargegraph client', () => {
  let postgres: TestDatabase;
  let database: Database;
  let clients: Clients;
  beforeAll(async () => {
    postgres = await createTestDatabase();
    await migrateAll(postgres.url, silentLogger);
    database = createDatabase({ url: postgres.url, schema: 'identity', logger: silentLogger, max: 2 });
    clients = createClients({ database, clock: systemClock });
  });
  afterAll(async () => {
    await database.close();
    await postgres.drop();
  });

  /** As a user runs it. */
  const client = (...args: string[]) =>
    runChargegraph(['client', ...args], { env: { CHARGEGRAPH_DATABASE_URL: postgres.url } });
  const clientHere = (...args: string[]) => runClientHere(args, { CHARGEGRAPH_DATABASE_URL: postgres.url });
  const ok = async (...args: string[]) => {
    const { code, stdout, stderr } = await clientHere(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  const credentials = (stdout: string) =>
    JSON.parse(stdout) as { readonly clientId: string; readonly clientSecret: string };

  it('adds, lists, gives a new secret, disables and enables', async () => {
    const { code, stdout, stderr } = await client(
      ...['add', '--id', 'oem', '--name', 'Some car maker', '--organisation', 'Some OEM', '--role', 'OEM'],
      ...['--role', 'CPO', '--wmi', '012', '--wmi', '1E5', '--provider-id=DE8AA'],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const added = credentials(stdout);
    expect(Object.keys(added)).toEqual(['clientId', 'clientSecret']);
    expect(await clients.authenticate('oem', added.clientSecret)).toMatchObject({
      caller: { organisation: 'Some OEM', wmis: new Set(['012', '1E5']), providerIds: new Set(['DE8AA']) },
    });

    const rotated = credentials(await ok('rotate-secret', 'oem'));
    expect(await clients.authenticate('oem', added.clientSecret)).toBeUndefined();
    expect(await clients.authenticate('oem', rotated.clientSecret)).toMatchObject({ clientId: 'oem' });

    expect(await ok('disable', 'oem')).toBe('oem is disabled.\n');
    expect(await clients.find('oem')).toBeUndefined();
    const [listed] = (await ok('list', '--json')).trimEnd().split('\n');
    expect(JSON.parse(listed ?? '')).toEqual({
      clientId: 'oem',
      name: 'Some car maker',
      organisation: 'Some OEM',
      roles: ['CPO', 'OEM'],
      wmis: ['012', '1E5'],
      providerIds: ['DE8AA'],
      createdAt: expect.any(String),
      enabled: false,
      disabledAt: expect.any(String),
    });
    expect(await ok('enable', '--id', 'oem')).toBe('oem is enabled.\n');
    expect(await clients.find('oem')).toMatchObject({ clientId: 'oem' });

    expect(await auditTrail(database)).toMatchObject(
      ['addClient', 'rotateClientSecret', 'disableClient', 'enableClient'].map((action) => ({
        clientId: 'chargegraph client',
        action,
        object: 'Client oem',
      })),
    );
  }, 60_000);

  it('lists as a table, narrowed by its options, however many there are', async () => {
    const operator = clients.as({ clientId: 'test', organisation: 'test', traceId: 'test' });
    for (let i = 0; i < 120; i++) {
      const clientId = `many-${String(i).padStart(3, '0')}`;
      await operator.add({ clientId, name: 'x', organisation: 'Many', roles: ['MO'] });
    }
    await operator.add({ clientId: 'plain', name: 'Plain one', organisation: 'Some OEM', roles: ['CPO'] });
    await operator.disable('plain');
    const today = new Date().toISOString().slice(0, 10);
    expect(await ok('list', '--organisation', 'some oem', '--disabled')).toBe(
      `CLIENT ID  ORGANISATION  NAME       ROLES  WMIS  PROVIDER IDS  CREATED     STATE
plain      Some OEM      Plain one  CPO    –     –             ${today}  disabled ${today}
`,
    );
    const idsOf = (stdout: string) =>
      stdout
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s/)[0]);
    const many = idsOf(await ok('list', '--organisation', 'MANY', '--enabled', '--role', 'MO'));
    expect(new Set(many).size).toBe(120);
    expect(many).toHaveLength(120);
    expect(idsOf(await ok('list', '--wmi', '012', '--provider-id', 'de8aa'))).toEqual(['oem']);
    expect(await ok('list', '--organisation', 'Nobody', '--json')).toBe('');
  }, 60_000);

  it.each<[string[], string]>([
    [['disable', 'nobody'], 'There is no client "nobody".'],
    [['rotate-secret', 'a b'], 'There is no client "a b".'],
    [
      ['add', '--id', 'oem', '--name', 'x', '--organisation', 'x', '--role', 'CPO'],
      'A client "oem" is already there.',
    ],
    [
      ['add', '--name', 'x', '--organisation', 'Thieves', '--role', 'OEM', '--wmi', '1e5'],
      '1E5 belongs to another organisation.',
    ],
    [
      ['add', '--name', 'x', '--organisation', 'x', '--role', 'OMG'],
      '--role is wrong: there is no role "OMG".',
    ],
    [
      ['explode'],
      'client takes one of the actions add, list, rotate-secret, disable, enable, not "explode".',
    ],
  ])('%j ends with 1 and one sentence', async (args, sentence) => {
    expect(await clientHere(...args)).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` });
  });

  it('ends so as a process too', async () => {
    expect(await client('disable', 'nobody')).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'There is no client "nobody".\n',
    });
  });

  it('says in one sentence when the database is away, is not migrated, or is not named', async () => {
    const run = (env: Record<string, string>) => runClientHere(['list'], env);
    const empty = await createTestDatabase();
    const [away, behind, unnamed] = await Promise.all([
      run({ CHARGEGRAPH_DATABASE_URL: 'postgresql://127.0.0.1:1/x' }),
      run({ CHARGEGRAPH_DATABASE_URL: empty.url }),
      run({}),
    ]);
    await empty.drop();
    expect(away).toMatchObject({
      code: 1,
      stderr: 'The database does not do it: connect ECONNREFUSED 127.0.0.1:1.\n',
    });
    expect(behind.stderr).toMatch(/^The database schema "identity" is behind [^\n]+\n$/);
    expect(unnamed.stderr).toMatch(/^CHARGEGRAPH_DATABASE_URL is not set: [^\n]+\n$/);
  }, 60_000);

  it('says in its help what it does', async () => {
    const { stdout } = await runChargegraph(['client', '--help']);
    for (const action of ['add', 'list', 'rotate-secret', 'disable', 'enable'])
      expect(stdout).toContain(`client ${action}`);
  });
});
