import { afterEach, describe, expect, it } from 'vitest';
import { openHealthPort, type HealthCheck, type HealthServer } from './health.ts';
import { silentLogger } from './logger.ts';

let server: HealthServer | undefined;

async function open(...checks: HealthCheck[]): Promise<(path: string) => Promise<[number, unknown]>> {
  const opened = await openHealthPort({ host: '127.0.0.1', port: 0, checks, logger: silentLogger });
  server = opened;
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${opened.port}${path}`);
    return [response.status, await response.json()];
  };
}

const serves: HealthCheck = { name: 'pcp', check: () => Promise.resolve() };
const fails: HealthCheck = { name: 'ccp', check: () => Promise.reject(new Error('password=hunter2')) };

describe('the health port', () => {
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('is ready when every part serves', async () => {
    const get = await open(serves, { ...serves, name: 'rcp' });
    expect(await get('/ready')).toEqual([200, { status: 'ready' }]);
  });

  it('is not ready, and names the parts, when some do not serve; but it is live', async () => {
    const throws: HealthCheck = {
      name: 'rcp',
      check: () => {
        throw new Error('at once');
      },
    };
    const get = await open(serves, fails, throws);
    expect(await get('/ready')).toEqual([503, { status: 'not ready', failing: ['ccp', 'rcp'] }]);
    expect((await get('/live'))[0]).toBe(200);
  });

  it('stays ready without an optional part, and names it', async () => {
    const redis: HealthCheck = { ...fails, name: 'redis', optional: true };
    expect(await (await open(serves, redis))('/ready')).toEqual([
      200,
      { status: 'ready', without: ['redis'] },
    ]);
    await server?.close();
    expect(await (await open(fails, redis))('/ready')).toEqual([
      503,
      { status: 'not ready', failing: ['ccp'], without: ['redis'] },
    ]);
  });

  it('asks the parts each time', async () => {
    let serving = false;
    const get = await open({
      name: 'gateway',
      check: () => (serving ? Promise.resolve() : Promise.reject(new Error('not yet'))),
    });
    expect((await get('/ready'))[0]).toBe(503);
    serving = true;
    expect((await get('/ready'))[0]).toBe(200);
  });

  it('calls a check as a method of its part', async () => {
    class Part implements HealthCheck {
      readonly name = 'cps';
      readonly #serves = Promise.resolve();
      check(): Promise<void> {
        return this.#serves;
      }
    }
    const get = await open(new Part());
    expect(await get('/ready')).toEqual([200, { status: 'ready' }]);
  });

  it('does not wait for a part that never answers, and stays live meanwhile', async () => {
    const get = await open(serves, { name: 'hanging', check: () => new Promise(() => undefined) });
    const ready = get('/ready');
    expect((await get('/live'))[0]).toBe(200);
    expect(await ready).toEqual([503, { status: 'not ready', failing: ['hanging'] }]);
  });

  it('knows no other path', async () => {
    expect((await (await open())('/metrics'))[0]).toBe(404);
  });

  it('closes although a check is still running', async () => {
    const get = await open({ name: 'hanging', check: () => new Promise(() => undefined) });
    const cut = expect(get('/ready')).rejects.toThrow();
    await get('/live');
    await server?.close();
    await cut;
    await expect(get('/live')).rejects.toThrow();
  });

  it('says so when its port is taken', async () => {
    await open();
    const port = server?.port ?? 0;
    await expect(
      openHealthPort({ host: '127.0.0.1', port, checks: [], logger: silentLogger }),
    ).rejects.toThrow('EADDRINUSE');
  });
});
