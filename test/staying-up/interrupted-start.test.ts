import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDoors } from '@chargegraph/cli';
import { readDemoPki } from '@chargegraph/pki';
import { temporaryFolder } from '../harness/folders.ts';
import { publishNewCar, randomDelay, signNewContract } from '../harness/parties.ts';
import { freePort } from '../harness/ports.ts';
import type { ChargegraphProcess } from '../harness/processes.ts';
import { isAlive, postgresPid, readCredentials, startDemo } from '../harness/start-process.ts';
import { eventually, pause, within } from '../harness/wait.ts';

describe('a first start that does not come to its end', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let port: number;
  let running: ChargegraphProcess;

  beforeEach(async () => {
    folder = await temporaryFolder();
    port = await freePort();
  });
  afterEach(async () => {
    await running.kill();
    const orphan = await postgresPid(folder.path);
    if (orphan !== undefined && (await isAlive(orphan))) process.kill(orphan, 'SIGKILL');
    await folder.remove();
  });

  const isWhole = async (): Promise<void> => {
    const url = `http://127.0.0.1:${port}`;
    const credentials = await readCredentials(folder.path);
    const pki = await readDemoPki(join(folder.path, 'demo-pki'));
    const [oem, mo] = await Promise.all([
      openDoors(url, credentials['demo-oem']),
      openDoors(url, credentials['demo-mo']),
    ]);
    const answer = await oem.graphql<Record<string, { totalCount: number }>>(
      '{ rootCertificates(first: 1) { totalCount } cpsSigners(first: 1) { totalCount } }',
    );
    expect(answer).toEqual({ rootCertificates: { totalCount: 6 }, cpsSigners: { totalCount: 2 } });
    const { emaid } = await signNewContract(mo, pki, await publishNewCar(oem, pki));
    expect(emaid).toMatch(/^EMP99/);
  };

  const delays = [randomDelay(3_000), randomDelay(3_000)];
  it(`is made whole by the next one after kills -9 ${delays.join(', ')} ms into it, and Ctrl-C`, async () => {
    for (const delay of delays) {
      running = startDemo(folder.path, port);
      await pause(delay);
      running.signalGroup('SIGKILL');
      await running.ended;
    }

    const orphan = await postgresPid(folder.path);
    running = startDemo(folder.path, port);
    const server = await eventually('PostgreSQL starts', () => startedSince(orphan), 60_000);
    running.signalGroup('SIGINT');
    expect(await within('it ends', 30_000, running.ended)).toEqual({ code: 0, signal: null });
    expect(await isAlive(server)).toBe(false);
    expect(await postgresPid(folder.path)).toBeUndefined();

    running = startDemo(folder.path, port);
    await running.says(/demo PKI/);
    await isWhole();
  }, 120_000);

  /** The PostgreSQL that runs on the folder, once it is another one than a killed start left behind. */
  const startedSince = async (orphan: number | undefined): Promise<number | undefined> => {
    const server = await postgresPid(folder.path);
    return server === orphan ? undefined : server;
  };
});
