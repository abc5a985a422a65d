import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDoors, type Car, type DemoCredentials } from '@chargegraph/cli';
import { lockFolder } from '@chargegraph/database';
import { readDemoPki, type DemoPki } from '@chargegraph/pki';
import { endOfLog, listen } from '../harness/events.ts';
import { temporaryFolder } from '../harness/folders.ts';
import { accessToken, send } from '../harness/http.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { freePort } from '../harness/ports.ts';
import { runChargegraph, type ChargegraphProcess } from '../harness/processes.ts';
import { isAlive, postgresPid, readCredentials, startDemo } from '../harness/start-process.ts';
import { within } from '../harness/wait.ts';

describe('chargegraph start --demo', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let data: string;
  let port: number;
  let url: string;
  let running: ChargegraphProcess;
  let credentials: DemoCredentials;
  let pki: DemoPki;
  /** What was there before the process was killed. */
  const before = { token: '', emaid: '', cursor: '', keys: '' };
  let car: Car;

  const start = async (): Promise<void> => {
    running = startDemo(data, port);
    await running.says(/demo PKI/);
  };
  const contractOf = async (token: string) =>
    await send(`${url}/graphql`, {
      token,
      body: { query: `{ contract(emaid: "${before.emaid}") { emaid pcid } }` },
    });
  const jwks = async () => (await send(`${url}/.well-known/jwks.json`, { method: 'GET' })).text;

  beforeAll(async () => {
    folder = await temporaryFolder();
    data = join(folder.path, 'data');
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await start();
  }, 90_000);
  afterAll(async () => {
    await running.kill();
    const orphan = await postgresPid(data);
    if (orphan !== undefined && (await isAlive(orphan))) process.kill(orphan, 'SIGKILL');
    await folder.remove();
  });

  it('prints where everything is', () => {
    expect(running.stdout()).toBe(
      [
        'ChargeGraph is running.',
        `  in a browser   ${url}/`,
        `  GraphQL        ${url}/graphql`,
        `  subscriptions  ws://127.0.0.1:${port}/graphql   (graphql-transport-ws)`,
        `  OPCP REST      ${url}/v1`,
        `  tokens         ${url}/oauth/token`,
        `  data           ${data}`,
        `  demo clients   ${data}/demo-credentials.json`,
        `  demo PKI       ${data}/demo-pki/, ${data}/demo-pki-20/`,
        '',
      ].join('\n'),
    );
  });

  it('writes credentials of every party, with which each gets its token', async () => {
    credentials = await readCredentials(data);
    expect(Object.keys(credentials).sort()).toEqual([
      'demo-cpo',
      'demo-cps',
      'demo-mo',
      'demo-oem',
      'demo-operator',
    ]);
    for (const [name, each] of Object.entries(credentials)) {
      expect(each).toMatchObject({ clientId: name, clientSecret: expect.any(String) });
      expect(await accessToken(url, each)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
    expect((await stat(join(data, 'demo-credentials.json'))).mode & 0o077).toBe(0);
  });

  it('writes the demo PKI as PEM files with keys that fit, each chain up to its root', async () => {
    const read = async (name: string) => {
      const at = join(data, 'demo-pki', name);
      const certificate = new X509Certificate(await readFile(`${at}.pem`));
      expect(certificate.checkPrivateKey(createPrivateKey(await readFile(`${at}.key`)))).toBe(true);
      return certificate;
    };
    for (const [name, root] of [
      ['cps', 'v2g-root'],
      ['cpo', 'v2g-root'],
      ['v2g-mo', 'v2g-root'],
      ['oem', 'oem-root'],
      ['mo', 'mo-root'],
    ] as const) {
      const [subCa2, subCa1, top] = [
        await read(`${name}-sub-ca-2`),
        await read(`${name}-sub-ca-1`),
        await read(root),
      ];
      expect(
        subCa2.verify(subCa1.publicKey) && subCa1.verify(top.publicKey) && top.verify(top.publicKey),
      ).toBe(true);
    }
    expect((await read('cps-leaf')).verify((await read('cps-sub-ca-2')).publicKey)).toBe(true);
    pki = await readDemoPki(join(data, 'demo-pki'));
  });

  it('lets anyone play the parties with these files', async () => {
    const [oem, mo] = await Promise.all([
      openDoors(url, credentials['demo-oem']),
      openDoors(url, credentials['demo-mo']),
    ]);
    car = await publishNewCar(oem, pki);
    before.emaid = (await signNewContract(mo, pki, car)).emaid;
    before.token = await accessToken(url, credentials['demo-oem']);
    before.keys = await jwks();
    before.cursor = await endOfLog(await openDoors(url, credentials['demo-operator']));
    await signNewContract(mo, pki, car);
  }, 60_000);

  it('refuses a second start on the same folder with a sentence, while the first goes on', async () => {
    const other = await freePort();
    const second = await runChargegraph(['start', '--data', data, '--port', String(other)]);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(
      /^The folder \S+ is in use by another ChargeGraph process \(pid \d+\): [^\n]+\n$/,
    );
    expect(second.stderr).toContain(`pid ${running.pid}`);
    expect((await contractOf(before.token)).json).toMatchObject({
      data: { contract: { emaid: before.emaid, pcid: car.pcid } },
    });
  }, 60_000);

  it('refuses a port that is taken with a sentence, before it makes a database', async () => {
    const other = join(folder.path, 'other');
    const second = await runChargegraph(['start', '--data', other, '--port', String(port)], {
      env: { CHARGEGRAPH_LOG_LEVEL: 'silent' },
    });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toBe(
      `Port ${port} of 127.0.0.1 is in use by another process: stop that one or choose another port.\n`,
    );
    expect(await readdir(other)).not.toContain('postgres');
  }, 60_000);

  it('has everything in place after a kill -9 of all its processes, and stops the orphaned PostgreSQL first', async () => {
    const orphan = (await postgresPid(data)) ?? 0;
    running.signalGroup('SIGKILL');
    expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await isAlive(orphan)).toBe(true);
    await start();
    expect(await isAlive(orphan)).toBe(false);
    expect(await postgresPid(data)).not.toBe(orphan);

    expect(await readCredentials(data)).toEqual(credentials);
    expect(await readDemoPki(join(data, 'demo-pki'))).toMatchObject({
      v2gRoot: { certificate: { fingerprint: pki.v2gRoot.certificate.fingerprint } },
    });
    expect(await jwks()).toBe(before.keys);
    // With the token from before: its issuer's key is the same.
    expect((await contractOf(before.token)).json).toMatchObject({
      data: { contract: { emaid: before.emaid, pcid: car.pcid } },
    });
  }, 90_000);

  it('replays from a cursor of before, and goes on live', async () => {
    const [oem, mo] = await Promise.all([
      openDoors(url, credentials['demo-oem']),
      openDoors(url, credentials['demo-mo']),
    ]);
    const client = oem.websocket();
    const listening = listen(client, undefined, { after: before.cursor });
    const [replayed] = await listening.events(1);
    expect(replayed).toMatchObject({ type: 'OEM_CONTRACT_CREATED', pcid: car.pcid });
    const { emaid } = await signNewContract(mo, pki, car);
    expect(await listening.events(1)).toMatchObject([{ type: 'OEM_CONTRACT_CREATED', emaid }]);
    await client.dispose();
  }, 60_000);

  it('ends with exit code 1 when its database server is killed, and has what was stored at the next start', async () => {
    const server = (await postgresPid(data)) ?? 0;
    process.kill(server, 'SIGKILL');
    expect(await within('it ends', 25_000, running.ended)).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toContain('PostgreSQL has ended by itself.');
    await start();
    expect((await contractOf(before.token)).json).toMatchObject({
      data: { contract: { emaid: before.emaid } },
    });
  }, 90_000);

  it('ends on Ctrl-C, also when it comes doubled, with exit code 0, no PostgreSQL and no lock', async () => {
    const server = (await postgresPid(data)) ?? 0;
    expect(await isAlive(server)).toBe(true);
    // The terminal sends it to the group; npm sends it once more.
    running.signalGroup('SIGINT');
    running.signal('SIGINT');
    expect(await within('it ends', 15_000, running.ended)).toEqual({ code: 0, signal: null });
    expect(await isAlive(server)).toBe(false);
    await (await lockFolder(data)).release();
    await (await lockFolder(join(data, 'postgres'))).release();
  }, 30_000);
});
