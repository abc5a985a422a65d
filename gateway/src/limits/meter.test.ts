import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { silentLogger, type Logger } from '@chargegraph/service';
import { createMeters, RateLimited, type Meters } from './meter.ts';
import { hasRedis, startTestRedis, type TestRedis } from '@chargegraph/events/testing';

const ofThree = { name: 'test', perMinute: 3, sentence: 'Three a minute.' };
const closing: (() => unknown)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});

function open(
  options: { redisUrl?: string; redisPrefix?: string; redisPatienceMs?: number; logger?: Logger } = {},
): Meters {
  const meters = createMeters({ logger: silentLogger, ...options });
  closing.push(() => {
    meters.close();
  });
  return meters;
}

describe('a meter in this process', () => {
  it('lets so many points a minute be spent by each key, and says what is left', async () => {
    const meter = open().meter(ofThree);
    expect(await meter.spend('a', 1)).toMatchObject({ remaining: 2 });
    expect(await meter.spend('a', 2)).toMatchObject({ remaining: 0 });
    const refusal = await meter.spend('a', 1).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RateLimited);
    expect(refusal).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(/^Three a minute\. Try again in \d+ s\.$/) as string,
    });
    expect((refusal as RateLimited).retryAfter).toBeGreaterThan(0);
    expect((refusal as RateLimited).retryAfter).toBeLessThanOrEqual(60);
    expect(await meter.spend('b', 3)).toMatchObject({ remaining: 0 });
  });

  it('gives everything back a minute after the first point', async () => {
    vi.useFakeTimers();
    const meter = open().meter(ofThree);
    const { resetAt } = (await meter.spend('a', 3)) ?? { resetAt: 0 };
    expect(resetAt).toBe(Date.now() + 60_000);
    await expect(meter.spend('a', 1)).rejects.toThrow(RateLimited);
    vi.advanceTimersByTime(60_001);
    expect(await meter.spend('a', 3)).toMatchObject({ remaining: 0 });
  });

  it('takes points back that were spent on suspicion', async () => {
    const meter = open().meter(ofThree);
    await meter.spend('a', 3);
    await meter.giveBack('a', 1);
    expect(await meter.spend('a', 1)).toMatchObject({ remaining: 0 });
    await expect(meter.spend('a', 1)).rejects.toThrow(RateLimited);
  });

  it('of another name counts for itself', async () => {
    const meters = open();
    await meters.meter(ofThree).spend('a', 3);
    expect(await meters.meter({ ...ofThree, name: 'other' }).spend('a', 3)).toBeDefined();
  });

  it('of 0 is turned off', async () => {
    const meter = open().meter({ ...ofThree, perMinute: 0 });
    expect(await meter.spend('a', 1_000_000)).toBeUndefined();
    await meter.giveBack('a', 1);
  });
});

describe('a meter in Redis', { timeout: 30_000 }, () => {
  const withRedis = it.skipIf(!hasRedis);

  async function redis(): Promise<TestRedis> {
    const server = await startTestRedis();
    closing.push(() => server.kill());
    return server;
  }

  withRedis('is shared by all gateways', async () => {
    const { url } = await redis();
    const said: string[] = [];
    const logger = { warn: () => said.push('away'), info: () => said.push('back') } as unknown as Logger;
    // A busy machine may keep an answer waiting, and a gateway that does not wait counts alone.
    const patient = { redisUrl: url, redisPatienceMs: 20_000, logger };
    const [one, other] = [1, 2].map(() => open(patient).meter(ofThree));
    // Until it is connected, each counts alone.
    await vi.waitFor(async () => {
      const probe = randomUUID();
      await one?.spend(probe, 3);
      await expect(other?.spend(probe, 1)).rejects.toThrow(RateLimited);
    }, 20_000);
    expect(await one?.spend('a', 2)).toMatchObject({ remaining: 1 });
    expect(await other?.spend('a', 1)).toMatchObject({ remaining: 0 });
    await other?.giveBack('a', 1);
    expect(await one?.spend('a', 1)).toMatchObject({ remaining: 0 });
    await expect(one?.spend('a', 1)).rejects.toThrow(RateLimited);
    expect(said).toEqual([]);
  });

  withRedis('goes on in this process while Redis is away, and says so once', async () => {
    const server = await redis();
    const said: string[] = [];
    const logger = { warn: () => said.push('away'), info: () => said.push('back') } as unknown as Logger;
    const meter = open({ redisUrl: server.url, logger }).meter(ofThree);
    await server.kill();
    expect(await meter.spend('a', 3)).toBeDefined();
    await expect(meter.spend('a', 1)).rejects.toThrow(RateLimited);
    await vi.waitFor(() => {
      expect(said).toEqual(['away']);
    }, 10_000);
    await expect(meter.spend('a', 1)).rejects.toThrow(RateLimited);
    await server.start();
    await vi.waitFor(
      () => {
        expect(said).toEqual(['away', 'back']);
      },
      { timeout: 10_000 },
    );
    // The new Redis knows of nothing.
    expect(await meter.spend('a', 1)).toMatchObject({ remaining: 2 });
  });

  withRedis('keeps installations of different prefixes apart', async () => {
    const { url } = await redis();
    const patient = { redisUrl: url, redisPatienceMs: 20_000 };
    const [one, other] = ['one', 'other'].map((redisPrefix) =>
      open({ ...patient, redisPrefix }).meter(ofThree),
    );
    await one?.spend('a', 3);
    expect(await other?.spend('a', 3)).toMatchObject({ remaining: 0 });
  });

  withRedis('needs no more of an ACL than the manual says', async () => {
    const server = await redis();
    const acl = 'on >hush-hush ~chargegraph:* +@connection +@scripting +@read +@write +info';
    await server.command('ACL', 'SETUSER', 'cg', ...acl.split(' '));
    const redisUrl = server.url.replace('//', '//cg:hush-hush@');
    const [one, other] = [1, 2].map(() => open({ redisUrl, redisPatienceMs: 20_000 }).meter(ofThree));
    await vi.waitFor(async () => {
      const probe = randomUUID();
      await one?.spend(probe, 3);
      await one?.giveBack(probe, 1);
      await other?.spend(probe, 1);
      await expect(one?.spend(probe, 1)).rejects.toThrow(RateLimited);
    }, 20_000);
  });

  withRedis('never tells the password when it is refused', async () => {
    const server = await startTestRedis({ password: 'hush-hush' });
    closing.push(() => server.kill());
    const said: unknown[] = [];
    const logger = {
      warn: (fields: object) => said.push(fields),
      info: () => undefined,
    } as unknown as Logger;
    open({ redisUrl: server.url.replace('hush-hush', 'tush-tush'), logger });
    await vi.waitFor(() => {
      expect(said).toMatchObject([{ reason: expect.stringContaining('WRONGPASS') as string }]);
    }, 5_000);
    expect(JSON.stringify(said)).not.toContain('tush-tush');
  });
});
