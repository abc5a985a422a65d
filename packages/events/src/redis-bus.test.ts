import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silentLogger, type Logger } from '@chargegraph/service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisBus, type RedisBus, type RedisBusOptions } from './redis-bus.ts';
import { hasRedis, openProxy, startTestRedis, type TestRedis } from './testing/index.ts';

const run = promisify(execFile);
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function redis(options?: Parameters<typeof startTestRedis>[0]): Promise<TestRedis> {
  const server = await startTestRedis(options);
  closing.push(() => server.kill());
  return server;
}

function open(url: string, options: Partial<RedisBusOptions> = {}): RedisBus {
  const bus = createRedisBus({ url, logger: silentLogger, ...options });
  closing.push(() => bus.close());
  return bus;
}

const up = (bus: RedisBus) => vi.waitFor(() => bus.health(), 10_000);

async function listen(bus: RedisBus, topic = 'log:ccp'): Promise<string[]> {
  const heard: string[] = [];
  await bus.subscribe(topic, (message) => heard.push(message));
  return heard;
}

function record() {
  const said: { level: string; text: string; rest: unknown }[] = [];
  const say = (level: string) => (rest: unknown, text?: string) =>
    said.push({ level, text: text ?? String(rest), rest });
  const logger = { warn: say('warn'), info: say('info'), error: say('error'), child: () => logger };
  return { said, logger: logger as unknown as Logger };
}

describe.skipIf(!hasRedis)('the bus over Redis', { timeout: 30_000 }, () => {
  it('delivers between processes, in order, to every listener of a topic, until it leaves', async () => {
    const { url, command } = await redis();
    const [one, other] = [open(url), open(url)];
    await Promise.all([up(one), up(other)]);
    const heard = await listen(other);
    const again: string[] = [];
    const leave = await other.subscribe('log:ccp', (message) => again.push(message));
    const elsewhere = await listen(other, 'log:pcp');
    await up(other);
    // One subscription of the process, whoever listens in it.
    expect(await command('PUBSUB', 'NUMSUB', 'chargegraph:log:ccp')).toMatch(/\n1$/);
    const messages = Array.from({ length: 300 }, (_, n) => String(n));
    await Promise.all(messages.map((message) => one.publish('log:ccp', message)));
    await vi.waitFor(() => {
      expect(again).toEqual(messages);
    });
    expect(heard).toEqual(messages);
    await leave();
    await leave();
    await one.publish('log:ccp', 'last');
    await vi.waitFor(() => {
      expect(heard).toContain('last');
    });
    expect([again.length, elsewhere]).toEqual([300, []]);
  });

  it('keeps installations with different prefixes apart', async () => {
    const { url } = await redis();
    const [one, other] = [open(url, { prefix: 'one' }), open(url, { prefix: 'other' })];
    const [mine, theirs] = [await listen(one), await listen(other)];
    await Promise.all([up(one), up(other)]);
    await one.publish('log:ccp', 'mine');
    await vi.waitFor(() => {
      expect(mine).toEqual(['mine']);
    });
    expect(theirs).toEqual([]);
  });

  it('goes on after a listener that fails', async () => {
    const { url } = await redis();
    const bus = open(url);
    await bus.subscribe('log:ccp', () => {
      throw new Error('no');
    });
    const heard = await listen(bus);
    await up(bus);
    await bus.publish('log:ccp', 'a');
    await bus.publish('log:ccp', 'b');
    await vi.waitFor(() => {
      expect(heard).toEqual(['a', 'b']);
    });
  });

  it('starts before Redis does, and tells its listeners when their subscriptions stand', async () => {
    const server = await redis();
    await server.kill();
    const { said, logger } = record();
    const bus = open(server.url, { logger });
    const heard = await listen(bus);
    let reconnected = 0;
    bus.onReconnect?.(() => {
      reconnected++;
      // What is published from here on must be heard.
      void bus.publish('log:ccp', 'after').catch(() => undefined);
    });
    await expect(bus.publish('log:ccp', 'lost')).rejects.toThrow('Redis is away');
    await expect(bus.health()).rejects.toThrow('Redis is away');
    await vi.waitFor(() => {
      expect(said).toHaveLength(1);
    }, 5_000);
    await delay(500);
    await server.start();
    await vi.waitFor(async () => {
      expect(reconnected).toBe(1);
      await bus.health();
    }, 10_000);
    await bus.publish('log:ccp', 'last');
    await vi.waitFor(() => {
      expect(heard.at(-1)).toBe('last');
    });
    expect(heard).not.toContain('lost');
    // Said once, however often it was tried.
    expect(said.map(({ level, text }) => [level, text])).toEqual([
      ['warn', 'Redis is away: events are found by looking at the log'],
      ['info', 'Redis is back'],
    ]);
  });

  it('hears again after Redis crashed, its connections were killed or its contents flushed', async () => {
    const server = await redis();
    const bus = open(server.url);
    const heard = await listen(bus);
    let reconnected = 0;
    bus.onReconnect?.(() => reconnected++);
    await up(bus);
    await vi.waitFor(() => {
      expect(reconnected).toBe(1);
    });
    const works = async (message: string, times: number) => {
      await vi.waitFor(async () => {
        expect(reconnected).toBe(times);
        await bus.health();
      }, 10_000);
      await bus.publish('log:ccp', message);
      await vi.waitFor(() => {
        expect(heard.at(-1)).toBe(message);
      });
    };
    await server.command('FLUSHALL');
    await works('flushed', 1);
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await works('killed', 2);
    await server.kill();
    await server.start();
    await works('restarted', 3);
  });

  it.each(['proxy', 'frozen'])('finds out within seconds that its connections are dead: %s', async (how) => {
    const server = await redis();
    const proxy = await openProxy(server.port);
    closing.push(() => proxy.close());
    const bus = open(`redis://127.0.0.1:${proxy.port}`, { pingInterval: 300, patience: 500 });
    const heard = await listen(bus);
    await up(bus);
    if (how === 'proxy') proxy.silence();
    else server.freeze();
    const began = Date.now();
    // Nobody waits for ever, and nothing is kept.
    const lost = bus.publish('log:ccp', 'lost').catch((error: unknown) => (error as Error).message);
    await vi.waitFor(() => expect(bus.health()).rejects.toThrow(), 5_000);
    expect(typeof (await lost)).toBe('string');
    expect(Date.now() - began).toBeLessThan(4_000);
    if (how === 'proxy') proxy.heal();
    else server.thaw();
    await up(bus);
    await bus.publish('log:ccp', 'found');
    await vi.waitFor(() => {
      expect(heard.at(-1)).toBe('found');
    });
  });

  it('drops what is more than Redis takes, and holds a bounded number', async () => {
    const server = await redis();
    const bus = open(server.url, { pingInterval: 60_000, patience: 60_000 });
    await up(bus);
    server.freeze();
    const refused: unknown[] = [];
    for (let n = 0; n < 30_000; n++)
      bus.publish('log:ccp', 'x').catch((error: unknown) => refused.push(error));
    await delay(50);
    expect(refused).toHaveLength(10_000);
    expect(String(refused[0])).toContain('does not keep up');
    server.thaw();
    await vi.waitFor(() => bus.publish('log:ccp', 'x'), 5_000);
  });

  it('takes a password, and never tells it', async () => {
    const server = await redis({ password: 'hush-hush' });
    await expect(up(open(server.url))).resolves.toBeUndefined();
    const { said, logger } = record();
    const wrong = open(server.url.replace('hush-hush', 'tush-tush'), { logger });
    await vi.waitFor(() => {
      expect(said).toHaveLength(1);
    }, 5_000);
    await expect(wrong.health()).rejects.toThrow(/WRONGPASS/);
    expect(JSON.stringify(said)).not.toContain('tush-tush');
    await expect(wrong.publish('log:ccp', 'x')).rejects.toThrow('Redis is away');
  });

  it.skipIf(!hasOpenssl)(
    'speaks TLS, with a server whose certificate it can verify and no other',
    async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'chargegraph-redis-'));
      closing.push(() => rm(folder, { recursive: true }));
      const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
      const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=redis
      -addext subjectAltName=IP:127.0.0.1 -out ${certificate} -keyout ${key}`;
      await run('openssl', words.split(/\s+/));
      const server = await redis({ password: 'hush-hush', tls: { certificate, key, ca: certificate } });
      expect(server.url).toMatch(/^rediss:/);
      const stranger = open(server.url);
      await vi.waitFor(() => expect(stranger.health()).rejects.toThrow(/self-signed certificate/), 5_000);
      // Node reads whom to trust when it starts.
      const program = path.join(import.meta.dirname, 'redis-process.fixture.ts');
      const args = ['--conditions=chargegraph-source', '--import', 'tsx', program, server.url, 'over TLS'];
      const heard = server.command('SUBSCRIBE', 'chargegraph:log:ccp');
      await vi.waitFor(async () => {
        expect(await server.command('PUBSUB', 'CHANNELS')).toBe('chargegraph:log:ccp');
      }, 5_000);
      await run(process.execPath, args, { env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate } });
      await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      expect(await heard).toContain('over TLS');
    },
  );

  it('needs no more of an ACL than the manual says', async () => {
    const server = await redis();
    const acl =
      'on >hush-hush ~chargegraph:* &chargegraph:* +@connection +publish +subscribe +unsubscribe +info';
    await server.command('ACL', 'SETUSER', 'cg', ...acl.split(' '));
    const bus = open(server.url.replace('//', '//cg:hush-hush@'));
    const heard = await listen(bus);
    await up(bus);
    await bus.publish('log:ccp', 'x');
    await vi.waitFor(() => {
      expect(heard).toEqual(['x']);
    });
    const other = open(server.url.replace('//', '//cg:hush-hush@'), { prefix: 'other' });
    await listen(other);
    await vi.waitFor(() => expect(other.health()).rejects.toThrow(/NOPERM/), 5_000);
  });

  it('ends its connections when it is closed, and comes no more', async () => {
    const server = await redis();
    const bus = open(server.url);
    await up(bus);
    expect(await server.command('CLIENT', 'LIST')).toContain('name=chargegraph-hears');
    await bus.close();
    await vi.waitFor(async () => {
      expect(await server.command('CLIENT', 'LIST')).not.toContain('name=chargegraph');
    });
    await expect(bus.publish('log:ccp', 'x')).rejects.toThrow();
  });
});
