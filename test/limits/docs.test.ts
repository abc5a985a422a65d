import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limitNames, limitSettings, limitsOf, requireOwnHealthPort } from '@chargegraph/cli';
import { defaultLimits } from '@chargegraph/gateway';
import { defaultDeadlineMs } from '@chargegraph/graph';
import { parseConfig } from '@chargegraph/service';

const docs = join(import.meta.dirname, '../../docs');

describe('the limits’ manual', async () => {
  const rows = (await readFile(join(docs, 'LIMITS.md'), 'utf8')).split('\n');
  const running = await readFile(join(docs, 'RUNNING.md'), 'utf8');

  it.each(Object.entries(limitNames))('has a line of %s with its default', (setting, limit) => {
    const row = rows.find((each) => each.startsWith('|') && each.includes(`\`${setting}\``));
    expect(row).toBeDefined();
    expect(row?.split('|').map((cell) => cell.trim())).toContain(String(defaultLimits[limit]));
  });

  it('names the time an operation may take, and what answers beyond it', () => {
    const row = rows.find((each) => each.includes('DEADLINE_EXCEEDED'));
    expect(row).toContain(`${defaultDeadlineMs / 1_000} s`);
  });

  it('names every other setting, and RUNNING.md leads to it', () => {
    for (const setting of Object.keys(limitSettings.shape)) expect(rows.join('\n')).toContain(setting);
    expect(running).toContain('[LIMITS.md](LIMITS.md)');
  });

  it('tells the settings that there are', () => {
    const read = (environment: NodeJS.ProcessEnv) => limitsOf(parseConfig(limitSettings, environment));
    expect(read({}).limits).toEqual(defaultLimits);
    for (const [setting, limit] of Object.entries(limitNames)) {
      // Nothing else is to depend on it.
      const others = setting === 'CHARGEGRAPH_COST_PER_MINUTE' ? { CHARGEGRAPH_MAX_COST: '7' } : {};
      const expected = { ...defaultLimits, ...(limit === 'costPerMinute' && { maxCost: 7 }), [limit]: 7 };
      expect(read({ ...others, [setting]: '7' }).limits).toEqual(expected);
      for (const wrong of ['-1', '1.5', 'x', '', '99999999999']) {
        expect(() => read({ [setting]: wrong })).toThrow(`${setting} is wrong`);
      }
    }
    expect(() => read({ CHARGEGRAPH_MAX_FIELDS: '0' })).toThrow('CHARGEGRAPH_MAX_FIELDS is wrong');
    expect(read({ CHARGEGRAPH_MAX_COST: '0' }).limits?.maxCost).toBe(0);
    expect(read({ CHARGEGRAPH_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }).trustedProxies).toEqual([
      '10.0.0.0/8',
      '::1',
    ]);
    for (const wrong of ['proxy', '10.0.0.0/33', '10.0.0.0/8/8', '']) {
      expect(() => read({ CHARGEGRAPH_TRUSTED_PROXIES: wrong })).toThrow(
        'CHARGEGRAPH_TRUSTED_PROXIES is wrong',
      );
    }
    expect(() => read({ CHARGEGRAPH_REDIS_URL: 'http://x' })).toThrow('CHARGEGRAPH_REDIS_URL is wrong');
    expect(() => read({ CHARGEGRAPH_PERSISTED_DOCUMENTS_ONLY: 'true' })).toThrow(
      'CHARGEGRAPH_PERSISTED_DOCUMENTS is not set',
    );
  });

  it('refuses settings that cannot work together, in a sentence', () => {
    const read = (most: string | undefined, perMinute: string | undefined) =>
      limitsOf(
        parseConfig(limitSettings, {
          CHARGEGRAPH_MAX_COST: most,
          CHARGEGRAPH_COST_PER_MINUTE: perMinute,
        }),
      ).limits;
    const sentence =
      'CHARGEGRAPH_COST_PER_MINUTE is wrong: it must not be below CHARGEGRAPH_MAX_COST, which is 500, ' +
      'or operations that are allowed could never run.';
    expect(() => read('500', '499')).toThrow(sentence);
    expect(() => read(undefined, '9999')).toThrow('which is 10000');
    expect(() => read('600001', undefined)).toThrow('which is 600001');
    expect(read('500', '500')).toMatchObject({ maxCost: 500, costPerMinute: 500 });
    expect(read('500', '0')).toMatchObject({ maxCost: 500, costPerMinute: 0 });
    expect(read('0', '500')).toMatchObject({ maxCost: 0, costPerMinute: 500 });
  });

  it('refuses a health port on which the server listens itself', () => {
    expect(() => {
      requireOwnHealthPort(4000, 4000);
    }).toThrow('CHARGEGRAPH_HEALTH_PORT is wrong: CHARGEGRAPH_PORT is the same port.');
    for (const health of [undefined, 4001, 0]) requireOwnHealthPort(4000, health);
    requireOwnHealthPort(0, 0);
  });
});
