import { describe, expect, it } from 'vitest';
import { clientNamed, issueToken } from '../../harness/tokens.ts';
import type { Scene } from '../scene.ts';
import { runFuzz, type FuzzResult } from './fuzz.ts';
import { makeKnownValues } from './known-values.ts';
import type { Ingredients } from './requests.ts';

/** A whole number of the environment: `pnpm fuzz:rest` sets them. */
const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

const count = setting('CHARGEGRAPH_FUZZ_REQUESTS', 230);
// The same in the tests each time, so that what they find comes of a change; new ones are for the long run.
const seed = setting('CHARGEGRAPH_FUZZ_SEED', 11);
const from = setting('CHARGEGRAPH_FUZZ_FROM', 0);
const isLong = process.env['CHARGEGRAPH_FUZZ_REQUESTS'] !== undefined;

const say = (line: string): void => {
  if (isLong) process.stdout.write(`${line}\n`);
};

function show({ answers, seconds }: FuzzResult): void {
  for (const [operationId, row] of answers) {
    const statuses = [...row].sort(([a], [b]) => a - b).map(([status, times]) => `${status} × ${times}`);
    say(`${operationId.padEnd(36)} ${statuses.join(', ')}`);
  }
  say(`${count} requests in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} per second`);
}

/** Requests that are generated from `schema/opcp.openapi.yaml`: few in the tests, many by `pnpm fuzz:rest`. */
export function sendGeneratedRequests(scene: () => Scene): void {
  describe('generated requests', () => {
    it(
      'are all answered as documented, and none with a fault',
      async () => {
        const { world, operations, token } = scene();
        const client = await clientNamed(world, 'demo-cpo');
        const ended = await issueToken(world, client, { lifetime: -60 });
        const foreign = await issueToken(world, client, {
          lifetime: 600,
          issuer: 'https://elsewhere.example',
        });
        const ingredients: Ingredients = {
          operations,
          known: await makeKnownValues(scene()),
          token,
          badTokens: [
            `Bearer ${ended}`,
            `Bearer ${foreign}`,
            'Bearer x',
            'Bearer',
            'Basic eDp5',
            '',
            'Negotiate =',
          ],
        };
        say(`seed ${seed}, ${count} requests from number ${from}`);
        let shown = performance.now();
        const result = await runFuzz(world.url, ingredients, { seed, from, count }, (done) => {
          if (performance.now() - shown < 5_000) return;
          shown = performance.now();
          say(`  ${done} requests`);
        });
        show(result);
        expect(result.fault).toBeUndefined();
        // What is only refused proves nothing.
        const served = operations.filter(({ operationId }) =>
          [...(result.answers.get(operationId) ?? [])].some(([status]) => status < 300),
        );
        if (count >= 230) expect(served.length).toBeGreaterThan(operations.length / 2);
      },
      isLong ? 24 * 60 * 60_000 : 60_000,
    );
  });
}
