import { describe, expect, it } from 'vitest';
import { add, day, makeRoot, now, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

const query = `query ($within: [Duration!]! = ["P7D", "P30D", "P90D"]) {
  rootPoolExpiry(within: $within) {
    pool at kinds { kind total ended within { duration count } revoked invalidChain } } }`;

const expiry = async (variables: Record<string, unknown> = {}, text = query) => {
  const { data, errors } = await pool.execute('OPERATOR', text, variables);
  return { ...(data?.['rootPoolExpiry'] as { at: string; kinds: { kind: string }[] }), errors };
};
const ofKind = async (kind: string, variables?: Record<string, unknown>) =>
  (await expiry(variables)).kinds.find((each) => each.kind === kind);

describe('the ends of roots', () => {
  it('are counted by type, as of now', async () => {
    await add(await makeRoot('Ends in 5 days', { lifetimeDays: 6 }), 'OEM');
    await add(await makeRoot('Ends in 20 days', { lifetimeDays: 21 }), 'OEM');
    const revoked = await makeRoot('Ends late');
    await add(revoked, 'OEM');
    await add(await makeRoot('Ends in 30 days', { lifetimeDays: 31 }), 'MO');
    await pool.database.execute(
      `INSERT INTO certificate_status
         (fingerprint, status, source, checked_at, valid_until, this_update, revoked_at, detail)
       VALUES ($1, 'REVOKED', 'CRL', $2, $2, $2, $2, '')`,
      [revoked.fingerprint, now],
    );
    const within = (...counts: number[]) =>
      ['P7D', 'P30D', 'P90D'].map((duration, index) => ({ duration, count: counts[index] }));
    expect(await expiry()).toEqual({
      errors: undefined,
      pool: 'rcp',
      at: now.toISOString(),
      kinds: [
        { kind: 'V2G_ROOT', total: 0, ended: 0, within: within(0, 0, 0), revoked: 0, invalidChain: 0 },
        { kind: 'OEM_ROOT', total: 3, ended: 0, within: within(1, 2, 2), revoked: 1, invalidChain: 0 },
        { kind: 'MO_ROOT', total: 1, ended: 0, within: within(0, 1, 1), revoked: 0, invalidChain: 0 },
        { kind: 'PE_ROOT', total: 0, ended: 0, within: within(0, 0, 0), revoked: 0, invalidChain: 0 },
      ],
    });
    // What ends at this moment has ended.
    pool.clock.set(new Date(now.getTime() + 5 * day));
    expect(await ofKind('OEM_ROOT')).toMatchObject({ total: 3, ended: 1, within: within(0, 1, 1) });
    await pool.database.execute('DELETE FROM certificate_status');
  });

  it('are counted within the times that are asked for, in their order, and the usual ones without', async () => {
    await add(await makeRoot('Ends in 5 days', { lifetimeDays: 6 }), 'OEM');
    expect(await ofKind('OEM_ROOT', { within: ['P3650D', 'PT119H', 'P5DT1H', 'P1W'] })).toMatchObject({
      within: [
        { duration: 'P3650D', count: 1 },
        { duration: 'P4DT82800S', count: 0 },
        { duration: 'P5DT3600S', count: 1 },
        { duration: 'P7D', count: 1 },
      ],
    });
    expect((await expiry({ within: [] })).kinds[1]).toMatchObject({ total: 1, within: [] });
    const usual = await expiry({}, '{ rootPoolExpiry { kinds { kind within { duration count } } } }');
    expect(usual.kinds[1]).toEqual({
      kind: 'OEM_ROOT',
      within: [
        { duration: 'P7D', count: 1 },
        { duration: 'P30D', count: 1 },
        { duration: 'P90D', count: 1 },
      ],
    });
  });

  it('are refused for more than ten times', async () => {
    const within = Array.from({ length: 11 }, (_, index) => `P${String(index + 1)}D`);
    expect((await expiry({ within })).errors).toMatchObject([
      { extensions: { code: 'BAD_INPUT', argument: ['within'] } },
    ]);
  });
});
