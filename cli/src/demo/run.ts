import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@chargegraph/service';
import { startEcosystem } from '../start/ecosystem.ts';
import { addDemoClients } from './clients.ts';
import { demoPkisOf, importDemoKeys } from './seed.ts';
import { playStory, type StoryStep } from './story.ts';

/** `chargegraph demo`: the story on an ecosystem in a temporary folder; resolves with the exit code. */
export async function runDemo(): Promise<number> {
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1).padStart(5);
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const report = ({ number, who, door, what }: StoryStep) => {
    say(`${seconds()}s  ${`${number}.`.padEnd(3)} ${who.padEnd(8)}  ${door.padEnd(9)}  ${what}`);
  };
  const dataFolder = await mkdtemp(join(tmpdir(), 'chargegraph-demo-'));
  const logger = createLogger({ name: 'demo', level: process.env['CHARGEGRAPH_LOG_LEVEL'] ?? 'warn' });
  const aborted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        reject(new Error(`stopped by ${signal}`));
      });
    }
  });
  const cleaning: (() => Promise<void>)[] = [() => rm(dataFolder, { recursive: true, force: true })];
  try {
    await Promise.race([play(), aborted]);
    say(`${seconds()}s  The story is told: every step was checked.`);
    return 0;
  } catch (error) {
    process.stderr.write(
      `The demo stopped: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  } finally {
    for (const step of cleaning.reverse()) await step();
  }

  async function play(): Promise<void> {
    const ecosystem = await startEcosystem({ dataFolder, host: '127.0.0.1', port: 0, logger });
    cleaning.push(() => ecosystem.stop());
    say(`${seconds()}s  RCP, PCP, CPS, CCP and the gateway are up at ${ecosystem.url}`);
    const pkis = await demoPkisOf(dataFolder);
    report({
      number: 1,
      who: 'demo',
      door: '–',
      what: 'makes a PKI on P-256 and one on P-521: V2G root with CPS, CPO and MO sub-CAs, OEM root, MO root',
    });
    await importDemoKeys(ecosystem.keyStore, pkis);
    const credentials = await addDemoClients(ecosystem.clients);
    await playStory({ url: ecosystem.url, credentials, pkis, report });
  }
}
