import { describe, expect, it } from 'vitest';
import { startEcosystem } from '@chargegraph/cli';
import { serviceCaller } from '@chargegraph/identity';
import { silentLogger } from '@chargegraph/service';
import { temporaryFolder } from '../harness/folders.ts';

const logs = ['provisioningCertificateEventLog', 'contractEventLog'] as const;

describe('chargegraph start on a data folder', () => {
  it('keeps to the cursors that it gave, until it is told that the folder was put back', async () => {
    const folder = await temporaryFolder();
    /** What each log says to a cursor: its end, or the code of the refusal. */
    const ask = async (after: readonly (string | null)[], restored?: boolean): Promise<string[]> => {
      const ecosystem = await startEcosystem({
        dataFolder: folder.path,
        host: '127.0.0.1',
        port: 0,
        logger: silentLogger,
        ...(restored !== undefined && { restored }),
      });
      try {
        const answers = logs.map(async (log, n) => {
          const { data, errors } = await ecosystem.transport({
            query: `query ($after: Cursor) { log: ${log}(after: $after, first: 1) { head } }`,
            variables: { after: after[n] },
            context: {
              caller: serviceCaller('test'),
              traceId: 'test',
              deadline: Date.now() + 10_000,
              hops: 0,
            },
          });
          const code = errors?.[0]?.extensions?.['code'];
          if (typeof code === 'string') return code;
          return (data?.['log'] as { head: string }).head;
        });
        return await Promise.all(answers);
      } finally {
        await ecosystem.stop();
      }
    };
    try {
      const cursors = await ask([null, null]);
      expect(await ask(cursors)).toEqual(cursors);
      expect(await ask(cursors, true)).toEqual(['CURSOR_INVALID', 'CURSOR_INVALID']);
      const renewed = await ask([null, null]);
      expect(renewed).not.toEqual(cursors);
      expect(await ask(renewed)).toEqual(renewed);
    } finally {
      await folder.remove();
    }
  }, 60_000);
});
