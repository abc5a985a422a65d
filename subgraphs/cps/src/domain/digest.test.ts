import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeDigest, dueDay, untilNextDay, type DigestSource } from './digest.ts';

const hour = 3_600_000;
const now = new Date('2026-11-10T12:00:00.000Z');

const answering = (pool: string, endsAt?: string): DigestSource => ({
  pool,
  contribution: () =>
    Promise.resolve({
      counted: { pool, at: now.toISOString(), kinds: [] },
      urgent:
        endsAt === undefined
          ? []
          : [{ kind: 'CPS_SIGNER', subject: `CN=${pool}`, fingerprint: 'ab'.repeat(32), endsAt }],
    }),
});
const away = (pool: string): DigestSource => ({
  pool,
  contribution: () => Promise.reject(new Error('connect ECONNREFUSED')),
});

describe('a digest', () => {
  it('tells what each pool contributes, and says of what is named, the first end first, whether that has come', async () => {
    const facts = await composeDigest(
      [answering('rcp', '2026-11-10T12:00:00.001Z'), answering('cps', now.toISOString())],
      '2026-11-10',
      now,
    );
    expect(facts).toMatchObject({
      day: '2026-11-10',
      pools: [{ pool: 'rcp' }, { pool: 'cps' }],
      missingPools: [],
      urgent: [
        { subject: 'CN=cps', hasEnded: true },
        { subject: 'CN=rcp', hasEnded: false },
      ],
    });
  });

  it('names the pools that do not answer, and tells of the others', async () => {
    const facts = await composeDigest([away('rcp'), answering('pcp'), away('ccp')], '2026-11-10', now);
    expect(facts).toMatchObject({ pools: [{ pool: 'pcp' }], missingPools: ['rcp', 'ccp'], urgent: [] });
  });
});

describe('the day of a digest', () => {
  it('is the last one whose time has come', () => {
    expect(dueDay(now, 12 * hour)).toBe('2026-11-10');
    expect(dueDay(now, 12 * hour + 1)).toBe('2026-11-09');
    expect(dueDay(now, 0)).toBe('2026-11-10');
  });

  it('changes exactly when the time until the next one has passed', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 24 * hour - 1 }),
        (instant, at) => {
          const left = untilNextDay(instant, at);
          expect(left).toBeGreaterThan(0);
          const day = dueDay(instant, at);
          expect(dueDay(new Date(instant.getTime() + left - 1), at)).toBe(day);
          expect(dueDay(new Date(instant.getTime() + left), at) > day).toBe(true);
        },
      ),
    );
  });
});
