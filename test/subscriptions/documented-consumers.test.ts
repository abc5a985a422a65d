import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';

interface Told {
  readonly type: string;
  readonly cursor: string;
  readonly emaid: string | null;
}

const page = join(import.meta.dirname, '..', '..', 'docs', 'SUBSCRIPTIONS.md');
// Beside the packages that the consumer imports.
const folder = join(import.meta.dirname, '..', 'node_modules', '.documented-consumers');

/** The page's block in a language that defines `consume`. */
const blockOf = async (language: string): Promise<string> => {
  const blocks = (await readFile(page, 'utf8')).matchAll(
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'),
  );
  const block = [...blocks].map((match) => match[1] ?? '').find((text) => text.includes(' consume('));
  if (block === undefined) throw new Error(`The page has no consumer in ${language}.`);
  return block;
};

const hasPython = spawnSync('python3', ['-c', 'import websockets']).status === 0;

describe('a consumer of the documentation', () => {
  let world: TestEcosystem;
  let token: string;
  beforeAll(async () => {
    world = await startTestEcosystem();
    token = await accessToken(world.url, world.credentials['demo-oem']);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  });
  afterAll(async () => {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Lets contracts come about before, around and after a restart; the consumer must have heard of each, in order. */
  async function goThrough(start: (url: string, after: string, told: Told[]) => void): Promise<void> {
    const after = await endOfLog(await world.doors('demo-operator'));
    const told: Told[] = [];
    const emaids: string[] = [];
    const sign = async (count: number) => {
      const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
      for (let n = 0; n < count; n++) {
        const car = await publishNewCar(oem, world.pki);
        emaids.push((await signNewContract(mo, world.pki, car)).emaid);
      }
    };
    await sign(2);
    start(`${world.url.replace('http', 'ws')}/graphql`, after, told);
    await eventually('it has caught up', () => told.some(({ type }) => type === 'CAUGHT_UP'));
    await sign(1);
    await world.restart(() => Promise.resolve());
    await sign(2);
    const created = () =>
      told.filter(({ type }) => type === 'OEM_CONTRACT_CREATED').map(({ emaid }) => emaid);
    await eventually('all events came', () => created().length >= emaids.length);
    expect(created()).toEqual(emaids);
  }

  it('in JavaScript loses nothing over a restart', async () => {
    const file = join(folder, 'consumer.mjs');
    await writeFile(file, await blockOf('js'));
    const { consume } = (await import(pathToFileURL(file).href)) as {
      consume(options: object): Promise<void>;
    };
    let done = false;
    await goThrough((url, after, told) => {
      const handle = (event: Told) => {
        if (done) throw new Error('done');
        told.push(event);
      };
      consume({ url, token: () => token, load: () => after, handle }).catch((error: unknown) => {
        if (!done) throw error;
      });
    });
    done = true;
    // One more event ends it: what its handler throws goes to whoever called it.
    const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
    await signNewContract(mo, world.pki, await publishNewCar(oem, world.pki));
  }, 60_000);

  it.skipIf(!hasPython)(
    'in Python loses nothing over a restart',
    async () => {
      const driver = `
import sys
def told(event):
    print(json.dumps(event), flush=True)
asyncio.run(consume(sys.argv[1], lambda: sys.argv[2], lambda: sys.argv[3], told))
`;
      const file = join(folder, 'consumer.py');
      await writeFile(file, (await blockOf('python')) + driver);
      let end = (): Promise<unknown> => Promise.resolve();
      await goThrough((url, after, told) => {
        const python = spawn('python3', [file, url, token, after], { stdio: ['ignore', 'pipe', 'inherit'] });
        const ended = once(python, 'exit');
        end = () => {
          python.kill();
          return ended;
        };
        createInterface(python.stdout).on('line', (line) => told.push(JSON.parse(line) as Told));
      }).finally(() => end());
    },
    60_000,
  );
});
