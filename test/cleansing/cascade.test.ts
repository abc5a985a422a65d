import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCleanse, type Doors } from '@chargegraph/cli';
import { asOnlyRunner, createDatabase, type Database } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { issueProvisioningCertificate, toPem } from '@chargegraph/pki';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { newPcid, publishCarInput, signNewContract } from '../harness/parties.ts';
import { runChargegraph } from '../harness/processes.ts';
import { eventually } from '../harness/wait.ts';

const day = 86_400_000;
let world: TestEcosystem;
let oem: Doors;
let mo: Doors;
let operator: Doors;
const opened = new Map<string, Database>();

beforeAll(async () => {
  world = await startTestEcosystem();
  oem = await world.doors('demo-oem');
  mo = await world.doors('demo-mo');
  operator = await world.doors('demo-operator');
}, 60_000);
afterAll(async () => {
  await Promise.all([...opened.values()].map((database) => database.close()));
  await world.stop();
});

/** A pool's database. */
function open(schema: string): Database {
  const database =
    opened.get(schema) ?? createDatabase({ url: world.databaseUrl, schema, logger: silentLogger, max: 2 });
  opened.set(schema, database);
  return database;
}

/** The command, at a time of the test's choice. */
async function cleanse(options: Record<string, unknown> = {}, now = new Date()) {
  let output = '';
  const code = await runCleanse(
    options,
    { CHARGEGRAPH_DATABASE_URL: world.databaseUrl, CHARGEGRAPH_LOG_LEVEL: 'silent' },
    { write: (text) => (output += text), clock: new ManualClock(now) },
  );
  return { code, output, reports: options['json'] === true ? readLines(output) : [] };
}

const readLines = (output: string) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Publishes a car whose certificate ends soon, and gives it a contract that lasts longer. */
async function carWithContract(): Promise<{ pcid: string; emaid: string }> {
  const pcid = newPcid();
  const { certificate } = await issueProvisioningCertificate(world.pki, {
    pcid,
    notAfter: new Date(Date.now() + 20 * day),
  });
  const published = await oem.graphql(
    `mutation ($input: PublishProvisioningCertificateInput!) {
       publishProvisioningCertificate(input: $input) { userErrors { message } }
     }`,
    { input: publishCarInput(world.pki, certificate) },
  );
  expect(published).toEqual({ publishProvisioningCertificate: { userErrors: [] } });
  const { emaid } = await signNewContract(mo, world.pki, { pcid });
  return { pcid, emaid };
}

/** What a pool has told of since a position of its log. */
const told = async (schema: string, since: string) =>
  (
    await open(schema).query<{ type: string; emaid: string | null; pcid: string | null }>(
      `SELECT type, facts->>'emaid' AS emaid, facts->>'pcid' AS pcid FROM log WHERE position > $1 ORDER BY position`,
      [since],
    )
  ).map(({ type, emaid, pcid }) => [type, emaid ?? pcid]);

const head = async (schema: string): Promise<string> => {
  const [row] = await open(schema).query<{ position: string }>('SELECT position FROM log_head');
  return row?.position ?? '0';
};

const soon = (what: string, probe: () => Promise<unknown>, expected: unknown) =>
  eventually(what, async () => isDeepStrictEqual(await probe(), expected));

describe('a car whose certificate has ended', () => {
  it('leaves with its contracts, and each party hears what is its own', async () => {
    const { pcid, emaid } = await carWithContract();
    const [pcp, ccp] = [await head('pcp'), await head('ccp')];
    const { code, reports } = await cleanse({ json: true, pool: 'pcp' }, new Date(Date.now() + 21 * day));
    expect(code).toBe(0);
    expect(reports).toMatchObject([{ pool: 'pcp', dryRun: false, expired: 1, deleted: 1 }]);
    await soon('PCP tells of it', () => told('pcp', pcp), [['PROVISIONING_CERTIFICATE_DELETED', pcid]]);
    await soon('CCP tells of it', () => told('ccp', ccp), [
      ['OEM_CONTRACT_DELETED', emaid],
      ['MO_PROV_CERT_DELETED', emaid],
    ]);
    expect(await oem.graphql('query ($pcid: PCID!) { vehicleExists(pcid: $pcid) }', { pcid })).toEqual({
      vehicleExists: false,
    });
    expect(
      await mo.graphql('query ($emaid: EMAID!) { contract(emaid: $emaid) { emaid } }', { emaid }),
    ).toEqual({
      contract: null,
    });
  });
});

describe('a root that has ended', () => {
  it('leaves RCP, and what hangs on it elsewhere stays, marked, until it is back', async () => {
    const { pcid, emaid } = await carWithContract();
    const { certificate } = world.pki.moRoot;
    const status = async () => {
      const { contract } = await mo.graphql<{
        contract: { signedData: readonly { verdict: { status: string } }[] };
      }>('query ($emaid: EMAID!) { contract(emaid: $emaid) { signedData { verdict { status } } } }', {
        emaid,
      });
      return contract.signedData.map(({ verdict }) => verdict.status);
    };
    expect(await status()).toEqual(['VALID']);
    const rcp = await head('rcp');
    // Only this one is to have ended.
    await open('rcp').execute('UPDATE root_certificate SET not_after = $2 WHERE fingerprint <> $1', [
      certificate.fingerprint,
      new Date('2999-01-01'),
    ]);
    const { reports } = await cleanse({ json: true, pool: 'rcp' }, certificate.notAfter);
    expect(reports).toMatchObject([{ pool: 'rcp', expired: 1, deleted: 1 }]);
    await soon('RCP tells of it', () => told('rcp', rcp), [['ROOT_CERT_EXPIRED', null]]);
    await soon('the contract is marked', status, ['INVALID_CHAIN']);
    expect(await oem.graphql('query ($pcid: PCID!) { vehicleExists(pcid: $pcid) }', { pcid })).toEqual({
      vehicleExists: true,
    });
    const input = { certificate: toPem(certificate), type: 'MO' };
    await operator.graphql(
      'mutation ($input: AddRootCertificateInput!) { addRootCertificate(input: $input) { userErrors { message } } }',
      { input },
    );
    await soon('the contract is valid again', status, ['VALID']);
  });
});

describe('chargegraph cleanse', () => {
  it('prints a table of all pools, and says what a dry run is', async () => {
    const { code, output } = await cleanse({ dryRun: true });
    expect(code).toBe(0);
    const lines = output.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /^POOL +CHECKED +REFRESHED +EXPIRED +REVOKED +DELETED +ENDED SIGNERS +FAILURES +SECONDS$/,
    );
    expect(lines.slice(1, 5).map((line) => line.split(/ +/)[0])).toEqual(['rcp', 'pcp', 'ccp', 'cps']);
    expect(lines[5]).toBe('Dry run: nothing was asked and nothing was deleted.');
  });

  it('writes nothing in a dry run, in no table of any pool', async () => {
    await carWithContract();
    const everything = async () => {
      const found = await open('public').query<{ table: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS table FROM information_schema.tables
          WHERE table_schema IN ('rcp', 'pcp', 'ccp', 'cps') AND table_type = 'BASE TABLE'
            AND table_name NOT IN ('trusted_root_state', 'consumer_cursor', 'log_reader') ORDER BY 1`,
      );
      const rows: [string, string | null | undefined][] = [];
      for (const { table } of found) {
        const [digest] = await open('public').query<{ digest: string | null }>(
          `SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM ${table} t`,
        );
        rows.push([table, digest?.digest]);
      }
      return rows;
    };
    await eventually('everything is logged and sealed', async () => {
      const before = await everything();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const isSealed = before.every(
        ([table, digest]) => !/\.(?:audit_open|outbox)$/.test(table) || digest === null,
      );
      return isSealed && isDeepStrictEqual(await everything(), before);
    });
    const before = await everything();
    expect(before.length).toBeGreaterThan(30);
    const { reports } = await cleanse({ dryRun: true, json: true }, new Date('2999-01-01'));
    expect(reports.find(({ pool }) => pool === 'rcp')).toMatchObject({ dryRun: true, deleted: 0 });
    expect(Number(reports.find(({ pool }) => pool === 'pcp')?.['expired'])).toBeGreaterThan(0);
    expect(Number(reports.find(({ pool }) => pool === 'ccp')?.['expired'])).toBeGreaterThan(0);
    expect(await everything()).toEqual(before);
  });

  it('says so when another process is at a pool, and does the others', async () => {
    const done = await asOnlyRunner(open('ccp'), 'cleansing', async () => ({
      table: await cleanse({ pool: ['ccp', 'rcp'] }),
      json: await cleanse({ pool: ['ccp', 'rcp'], json: true }),
    }));
    expect(done?.table.code).toBe(1);
    expect(done?.table.output).toMatch(
      /^POOL.*\nrcp .*\nccp: another process is cleansing it now; nothing was done\.\n$/,
    );
    expect(done?.json.reports).toMatchObject([
      { pool: 'rcp', deleted: 0 },
      { pool: 'ccp', busy: true },
    ]);
  });

  it('runs as a user runs it', async () => {
    const { code, stdout, stderr } = await runChargegraph(
      ['cleanse', '--dry-run', '--pool', 'pcp', '--json'],
      {
        env: { CHARGEGRAPH_DATABASE_URL: world.databaseUrl },
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readLines(stdout)).toMatchObject([
      {
        pool: 'pcp',
        dryRun: true,
        refreshed: 0,
        startedAt: expect.stringMatching(/^20.*Z$/) as string,
        finishedAt: expect.stringMatching(/^20.*Z$/) as string,
      },
    ]);
  }, 60_000);

  it('refuses a pool that there is not, and a database that is behind, with a sentence', async () => {
    await expect(cleanse({ pool: 'xyz' })).rejects.toThrow('--pool is wrong: use rcp, pcp, ccp, cps.');
    const empty = await createTestDatabase();
    await expect(runCleanse({}, { CHARGEGRAPH_DATABASE_URL: empty.url })).rejects.toThrow(
      'run `chargegraph migrate` first',
    );
    await empty.drop();
  });
});
