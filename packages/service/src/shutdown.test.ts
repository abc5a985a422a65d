import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startFixture, type FixtureProcess } from './fixture-process.fixture.ts';

/** Starts a process that stops in a way, see shutdown.fixture.ts. */
async function start(way: string): Promise<FixtureProcess> {
  const process = startFixture('shutdown.fixture.ts', way);
  await process.wrote('ready');
  return process;
}

describe.concurrent('a process that stops on signals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('stops once on %s and ends with 0', async (signal) => {
    const { child, ended } = await start('slowly');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 0, signal: null, stdout: 'ready\nstop\ndone\n' });
  });

  it('takes a signal that comes twice within two seconds for one wish', async () => {
    const { child, ended, wrote } = await start('slowly');
    child.kill('SIGINT');
    await wrote('stop');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null, stdout: 'ready\nstop\ndone\n' });
  });

  it('ends at once, with 1, on a later second signal', async () => {
    const { child, ended, wrote } = await start('never');
    child.kill('SIGTERM');
    await wrote('stop');
    await delay(2_200);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 1, signal: null, stdout: 'ready\nstop\n' });
  });

  it.each(['failing', 'throwing'])('ends with 1 when stopping is %s', async (way) => {
    const { child, ended } = await start(way);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 1, signal: null, stdout: 'ready\nstop\n' });
  });

  it.each(['exception', 'rejection'])(
    'stops and ends with 1 after an %s that nobody caught',
    async (fault) => {
      const { ended } = startFixture('shutdown.fixture.ts', 'slowly', fault);
      expect(await ended).toMatchObject({ code: 1, signal: null, stdout: 'ready\nstop\ndone\n' });
    },
  );

  it('finishes stopping but ends with 1 when an error that nobody caught comes meanwhile', async () => {
    const { child, ended } = await start('faulty');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 1, signal: null, stdout: 'ready\nstop\ndone\n' });
  });
});
