import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explainReads } from '@chargegraph/database/testing';
import { expiryQuestion } from '@chargegraph/expiry';
import { serviceCaller } from '@chargegraph/identity';
import type { Certificate } from '@chargegraph/pki';
import { createRootSet, type RootType } from '@chargegraph/trust';
import { contractExpiry } from './domain/expiry.ts';
import { createDataCounts } from './store/expiry.ts';
import { cpo, mo, oem, operator } from './testing/callers.ts';
import { day, inDays, start } from './testing/harness.ts';
import { startScene, type Scene } from './testing/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.harness.stop());
beforeEach(() => scene.reset());

const query = `query ($within: [Duration!]!) {
  contractPoolExpiry(within: $within) {
    pool at kinds { kind total ended within { duration count } revoked invalidChain } } }`;
const durations = [7, 30, 90].map((days) => days * day);

const counted = async (...roots: readonly (readonly [RootType, Certificate])[]) => {
  const held = createRootSet(roots.map(([type, certificate]) => ({ type, certificate })));
  const counts = createDataCounts(scene.harness.database);
  const [contract, signature] = await contractExpiry(counts, held, expiryQuestion(durations, start));
  return [contract?.invalidChain, signature?.invalidChain];
};

describe('the ends of contracts', () => {
  it('are counted by the contract’s own end and by that of the chain that signed it', async () => {
    await scene.publishData({ emaid: 'DEABCC00000001', notAfter: inDays(5) });
    await scene.publishData({ emaid: 'DEABCC00000002', notAfter: inDays(60) });
    const [row] = await scene.harness.database.query<{ fingerprint: string }>(
      `UPDATE signed_contract_data SET signer_ends_at = $1 WHERE emaid_key = 'DEABCC00000002'
         RETURNING contract_fingerprint AS fingerprint`,
      [inDays(20)],
    );
    await scene.harness.database.execute(
      `INSERT INTO certificate_status
         (fingerprint, status, source, checked_at, valid_until, this_update, revoked_at, detail)
       VALUES ($1, 'REVOKED', 'OCSP', $2, $2, $2, $2, '')`,
      [row?.fingerprint, start],
    );
    const ask = () => scene.harness.run(serviceCaller('cps'), query, { within: ['P7D', 'P60D'] });
    const within = (...counts: number[]) =>
      ['P7D', 'P60D'].map((duration, index) => ({ duration, count: counts[index] }));
    expect(await ask()).toEqual({
      data: {
        contractPoolExpiry: {
          pool: 'ccp',
          at: start.toISOString(),
          kinds: [
            { kind: 'CONTRACT', total: 2, ended: 0, within: within(1, 2), revoked: 1, invalidChain: null },
            {
              kind: 'CONTRACT_SIGNATURE',
              total: 2,
              ended: 0,
              within: within(0, 1),
              revoked: null,
              invalidChain: null,
            },
          ],
        },
      },
    });
    scene.harness.clock.set(inDays(25));
    expect((await ask()).data).toMatchObject({
      contractPoolExpiry: {
        kinds: [
          { ended: 1, within: within(0, 1) },
          { ended: 1, within: within(0, 0) },
        ],
      },
    });
    await scene.harness.database.execute('DELETE FROM certificate_status');
  });

  it('are for operator and services alone', async () => {
    expect((await scene.harness.run(operator, query, { within: [] })).errors).toBeUndefined();
    for (const caller of [oem, mo, cpo]) {
      expect((await scene.harness.run(caller, query, { within: [] })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });

  it('are not read from the data itself, of which there may be much', async () => {
    const { database } = scene.harness;
    await database.execute(
      `INSERT INTO contract (emaid_key, emaid, pcid, pcid_shown, wmi, provider_id, created_at, updated_at)
       SELECT id, id, $1::text, $1, 'WCG', 'DEABC', $2::timestamptz, $2 FROM (SELECT 'DEABC' || lpad(n::text, 9, '0') AS id FROM generate_series(1, 2000) n) c`,
      ['WCGTEST0000000001', start],
    );
    await database.execute(
      `INSERT INTO signed_contract_data (emaid_key, namespace, v2g_root_fingerprint, v2g_root_subject, v2g_root_serial_number,
         contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at, signer_fingerprint,
         signer_ends_at, contract_not_after, contract_chain_ends_at)
       SELECT 'DEABC' || lpad(n::text, 9, '0'), 'ISO15118_2', repeat((n % 2)::text, 64), '', '1', repeat((n % 4)::text, 64),
              lpad(to_hex(n), 64, '0'), $1::timestamptz, $1, '', $1, repeat('a', 64), $1 + n * interval '1 minute',
              $1 + n * interval '1 hour', $1
         FROM generate_series(1, 2000) n`,
      [start],
    );
    await database.execute('ANALYZE signed_contract_data');
    const explained = explainReads(database);
    const counts = createDataCounts(explained.database);
    expect(await counts.counts(expiryQuestion(durations, inDays(1)))).toMatchObject({
      contract: { total: 2_000, ended: 24, within: [{ count: 168 }, { count: 720 }, { count: 1_976 }] },
      cps: { total: 2_000, ended: 1_440, within: [{ count: 560 }, { count: 560 }, { count: 560 }] },
    });
    expect(await counts.cps.roots()).toHaveLength(2);
    expect(await counts.contract.roots()).toHaveLength(4);
    expect(await counts.contract.countUnder(['1'.repeat(64), '2'.repeat(64)])).toBe(1_000);
    expect(explained.plans).toHaveLength(6);
    expect(explained.plans.join('\n')).not.toMatch(/(Seq|Bitmap Heap) Scan on signed_contract_data/);
  });
});

describe('contracts without a root', () => {
  it('are counted of either chain, by what each may end at', async () => {
    await scene.publishData();
    await scene.publishData({ emaid: 'DEABCC00000002' });
    const { v2gRoot, moRoot } = scene.pki;
    expect(await counted(['V2G', v2gRoot.certificate], ['MO', moRoot.certificate])).toEqual([0, 0]);
    expect(await counted(['V2G', v2gRoot.certificate])).toEqual([2, 0]);
    expect(await counted(['MO', moRoot.certificate])).toEqual([0, 2]);
    // As another kind of root it is none for these chains.
    expect(await counted(['MO', v2gRoot.certificate], ['OEM', moRoot.certificate])).toEqual([2, 2]);
  });
});
