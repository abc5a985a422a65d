import { createRevocationChecker } from '@chargegraph/pki';
import { createRevocation } from '@chargegraph/revocation';
import { silentLogger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCpsCleansing } from './jobs/cleansing.ts';
import { addCa, generateContractData, v2gMo } from './testing/generation.fixture.ts';
import { day, start } from './testing/harness.fixture.ts';
import { contractInput } from './testing/signing.fixture.ts';
import { pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const inDays = (days: number) => new Date(start.getTime() + days * day);

async function cleanse(options: { dryRun?: boolean } = {}, batchSize = 100) {
  const { clock, database } = world.harness;
  const shared = { database, clock, logger: silentLogger };
  const checker = createRevocationChecker({ ...shared, network: { timeout: 300 } });
  const revocation = createRevocation({ ...shared, checker, policy: 'soft' });
  const pace = { rest: () => Promise.resolve(), batchSize };
  const done = await createCpsCleansing({ ...shared, revocation, pace }).run(options);
  if (done.outcome !== 'DONE') throw new Error(done.outcome);
  return done.report;
}

const emaidOf = (number: number) => `DEABC00000000${String(number)}`;

async function sign(number: number, days: number) {
  const input = await contractInput(world.pki, { emaid: emaidOf(number), notAfter: inDays(days) });
  await world.signed({ ...input, pcid });
  return input;
}

const kept = async () =>
  (
    await world.harness.database.query<{ emaid: string }>(
      'SELECT emaid_identity AS emaid FROM signing_result ORDER BY 1',
    )
  ).map(({ emaid }) => emaid.slice(-1));

const snapshot = async () => {
  const tables = ['signing_result', 'issued_certificate', 'cps_signer', 'certificate_status', 'cleansing'];
  const rows = tables.map((table) => world.harness.database.query(`SELECT * FROM ${table} ORDER BY 1, 2`));
  return { rows: await Promise.all(rows), writes: await world.harness.writes() };
};

describe('cleansing what was signed', () => {
  it('forgets what was signed of contracts that have ended, and of no others', async () => {
    const input = await sign(1, 20);
    await sign(2, 20);
    await sign(3, 40);
    await world.harness.forgetWrites();
    world.harness.clock.set(inDays(20));
    expect(await cleanse({}, 1)).toMatchObject({
      ...{ pool: 'cps', checked: 3, expired: 2, revoked: 0, deleted: 2, endedSigners: 0 },
    });
    expect(await kept()).toEqual(['3']);
    expect(await world.harness.writes()).toMatchObject(
      [1, 2].map((number) => ({ clientId: 'cps', action: 'cleanse', object: `Contract ${emaidOf(number)}` })),
    );
    expect(await cleanse()).toMatchObject({ deleted: 0 });
    // Nobody is given anew what nobody may have.
    const { userErrors } = await world.sign({ ...input, pcid });
    expect(userErrors).toMatchObject([{ code: 'CERTIFICATE_EXPIRED' }]);
    expect(await kept()).toEqual(['3']);
  });

  it('notes the ends of results from before they were noted', async () => {
    await sign(1, 20);
    await sign(2, 40);
    const ends = () =>
      world.harness.database.query('SELECT contract_not_after AS ends FROM signing_result ORDER BY 1');
    const noted = await ends();
    expect(noted).toEqual([{ ends: inDays(20) }, { ends: inDays(40) }]);
    await world.harness.database.execute('UPDATE signing_result SET contract_not_after = NULL');
    world.harness.clock.set(inDays(20));
    const before = await snapshot();
    expect(await cleanse({ dryRun: true })).toMatchObject({ checked: 2, expired: 1, deleted: 0 });
    expect(await snapshot()).toEqual(before);
    expect(await cleanse()).toMatchObject({ expired: 1, deleted: 1 });
    expect(await ends()).toEqual([{ ends: inDays(40) }]);
  });

  it('leaves what cannot be read where it is, and counts it', async () => {
    await sign(1, 20);
    await world.harness.database.execute(`UPDATE signing_result SET contract_not_after = NULL, exi = 'x'`);
    world.harness.clock.set(inDays(20));
    const before = (await cleanse({ dryRun: true })).failures;
    expect(before).toBe(1);
    expect(await cleanse()).toMatchObject({ deleted: 0 });
    expect(await kept()).toEqual(['1']);
  });

  it('keeps the results by which a retry gets the same octets', async () => {
    const input = await contractInput(world.pki, { emaid: emaidOf(1), notAfter: inDays(20) });
    const { octets } = await world.signed({ ...input, pcid });
    world.harness.clock.set(new Date(inDays(20).getTime() - 1_000));
    await cleanse();
    expect((await world.signed({ ...input, pcid })).octets).toBe(octets);
  });

  it('keeps issued certificates for ninety days after their end, and signers for good, saying how many ended', async () => {
    await addCa(world.harness, world.pki.mo);
    const input = {
      ...{ emaid: emaidOf(1), pcid, contractBegins: start.toISOString() },
      contractEnds: inDays(30).toISOString(),
    };
    const { errors, data } = await world.harness.run(v2gMo, generateContractData, { input });
    expect({ errors, data }).toMatchObject({ data: { generateContractData: { userErrors: [] } } });
    const issued = async () => (await world.harness.database.query('SELECT FROM issued_certificate')).length;
    world.harness.clock.set(new Date(inDays(120).getTime() - 1_000));
    expect(await cleanse()).toMatchObject({ checked: 2, expired: 1, deleted: 1, endedSigners: 1 });
    expect(await issued()).toBe(1);
    world.harness.clock.set(inDays(120));
    expect(await cleanse()).toMatchObject({ checked: 1, expired: 1, deleted: 1, endedSigners: 1 });
    expect(await issued()).toBe(0);
    expect((await world.harness.writes()).at(-1)).toMatchObject({
      action: 'cleanse',
      object: expect.stringMatching(/^IssuedCertificate [0-9a-f]{64}$/) as string,
    });
    expect(await world.harness.database.query('SELECT FROM cps_signer')).toHaveLength(1);
  });
});
