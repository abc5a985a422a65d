import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessBus } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';
import { createTrust } from '@chargegraph/trust';
import { fillEnds } from './domain/fill-ends.ts';
import { reportEndingSigners } from './domain/report-ending-signers.ts';
import { ownRequest } from './pools/other-pools.ts';
import { createDataWithoutEnds } from './store/data-without-ends.ts';
import { createEndingSignersStore } from './store/ending-signers.ts';
import { mo } from './testing/callers.ts';
import { day, inDays, start, type Harness } from './testing/harness.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

const signerEnd = () => scene.pki.cps.leaf.certificate.notAfter;
const always = () => Promise.resolve(true);

/** Tells of what ends five days from then. */
async function reportFiveDaysBeforeTheEnd(): Promise<void> {
  const { clock, database } = harness;
  clock.set(new Date(signerEnd().getTime() - 5 * day));
  const store = createEndingSignersStore(database, () => undefined);
  await reportEndingSigners({ store, clock, lead: 14 * day }, always);
}

const told = async () =>
  (await harness.events()).filter(({ type }) => type === 'MO_CONTRACT_SIGNER_ENDING').length;

describe('data from before its ends were noted', () => {
  interface Noted {
    readonly emaid_key: string;
    readonly signer_fingerprint: string | null;
    readonly signer_ends_at: Date | null;
    readonly contract_not_after: Date | null;
    readonly contract_chain_ends_at: Date | null;
  }
  const noted = () =>
    harness.database.query<Noted>(
      `SELECT emaid_key, signer_fingerprint, signer_ends_at, contract_not_after, contract_chain_ends_at
         FROM signed_contract_data ORDER BY emaid_key, v2g_root_fingerprint`,
    );
  const forget = () =>
    harness.database.execute(
      `UPDATE signed_contract_data SET signer_fingerprint = NULL, signer_ends_at = NULL,
         contract_not_after = NULL, contract_chain_ends_at = NULL, by_own_service = NULL`,
    );
  /** RCP is asked: nothing follows its log. */
  const trust = () =>
    createTrust({
      pool: 'ccp',
      database: harness.database,
      graph: harness.pools.client,
      bus: createInProcessBus(),
      logger: silentLogger,
    });
  const fill = (mayGoOn = always) =>
    fillEnds(
      {
        store: createDataWithoutEnds(harness.database),
        trustedRoots: () => trust().within(ownRequest()).current(),
        logger: silentLogger,
        batchSize: 2,
      },
      mayGoOn,
    );

  async function publishSome(): Promise<Noted[]> {
    for (const last of ['1', '2', '3', '4', '5']) await scene.publishData({ emaid: `DEABCC0000000${last}` });
    harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
    await scene.publishData({ signer: scene.otherPki.cps });
    const before = await noted();
    expect(before).toHaveLength(6);
    for (const row of before) expect(Object.values(row)).not.toContain(null);
    return before;
  }

  it('gets them as the pool starts', async () => {
    const before = await publishSome();
    await forget();
    const process = await harness.another();
    await expect.poll(noted, { timeout: 10_000, interval: 10 }).toEqual(before);
    await process.stop();
  });

  it('gets the rest of them after it was broken off, however often', async () => {
    const before = await publishSome();
    await forget();
    for (let round = 1; round <= 6; round++) {
      let left = 1;
      await fill(() => Promise.resolve(left-- > 0));
      expect((await noted()).filter((row) => row.signer_fingerprint !== null)).toHaveLength(round);
    }
    expect(await noted()).toEqual(before);
  });

  it('is read and delivered meanwhile, and nothing is told of it', async () => {
    await publishSome();
    await forget();
    harness.pools.isDown = true;
    await expect(fill()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    harness.pools.isDown = false;
    await reportFiveDaysBeforeTheEnd();
    expect(await told()).toBe(0);
    const { data } = await harness.run(mo, 'query ($emaid: EMAID!) { contract(emaid: $emaid) { emaid } }', {
      emaid,
    });
    expect(data).toEqual({ contract: { emaid } });
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
    await fill();
    await reportFiveDaysBeforeTheEnd();
    expect(await told()).toBe(6);
  });

  it('does without the end of a root that is gone', async () => {
    await publishSome();
    await forget();
    harness.pools.roots.length = 0;
    await fill();
    expect((await noted())[0]).toMatchObject({
      signer_ends_at: signerEnd(),
      contract_not_after: inDays(365),
    });
  });

  it('that cannot be read keeps nothing else from getting them', async () => {
    await publishSome();
    await forget();
    await harness.database.execute("UPDATE signed_contract_data SET exi = '\\x00' WHERE emaid_key = $1", [
      emaid,
    ]);
    await fill();
    const rows = await noted();
    expect(rows.filter((row) => row.signer_fingerprint === null).map((row) => row.emaid_key)).toEqual([
      emaid,
      emaid,
    ]);
  });

  it('is left alone when other data came into its place since it was read', async () => {
    await scene.publishData();
    const before = await noted();
    await forget();
    const store = createDataWithoutEnds(harness.database);
    const [stale] = await store.read(undefined, 1);
    if (stale === undefined) throw new Error('nothing to fill in');
    await harness.database.execute("UPDATE signed_contract_data SET exi = '\\x01'");
    const end = start;
    await store.fill(stale, {
      signerFingerprint: before[0]?.signer_fingerprint ?? '',
      signerEndsAt: end,
      contractNotAfter: end,
      contractChainEndsAt: end,
    });
    expect((await noted())[0]?.signer_fingerprint).toBeNull();
  });
});
