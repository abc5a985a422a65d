import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInProcessBus } from '@chargegraph/events';
import type { RevocationChecker } from '@chargegraph/pki';
import { createRevocation } from '@chargegraph/revocation';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { silentLogger } from '@chargegraph/service';
import { createTrust } from '@chargegraph/trust';
import { resignDue, type ResigningDeps } from './domain/resign-pass.ts';
import { ownPools } from './pools/other-pools.ts';
import { createResigningStore } from './store/resigning.ts';
import { signerColumns, toSigner, type SignerRow } from './store/rows.ts';
import { day, operator, start, type SignerChain } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { contractInput } from './testing/signing.fixture.ts';
import { pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

/** A signer that lasts so many days; the PKIs' own end after 90. */
async function addSigner(
  branch: SignerChain,
  days: number,
  ocspUrls: readonly string[] = [],
): Promise<SignerChain> {
  const leaf = await issueLeaf(branch.subCa2, {
    commonName: `CPS for ${String(days)} days`,
    notBefore: start,
    notAfter: new Date(start.getTime() + days * day),
    ocspUrls,
  });
  await world.addSigner({ ...branch, leaf });
  return { ...branch, leaf };
}

const emaidOf = (number: number) => `DEABC00000000${String(number)}`;

async function sign(number: number, v2gRootFingerprint?: string): Promise<void> {
  const input = await contractInput(world.pki, { emaid: emaidOf(number) });
  await world.signed({ ...input, pcid, ...(v2gRootFingerprint !== undefined && { v2gRootFingerprint }) });
}

/** Has the first PKI's signer sign contracts, and then the other one's. */
async function signUnderBothRoots(ours: readonly number[], others: readonly number[]): Promise<void> {
  await world.addSigner(world.otherPki.cps);
  for (const number of ours) await sign(number);
  for (const number of others) await sign(number, world.otherPki.v2gRoot.certificate.fingerprint);
  world.harness.pools.publications.length = 0;
}

async function retire({ leaf }: SignerChain): Promise<void> {
  const query = `mutation ($input: RetireCpsSignerInput!) {
    retireCpsSigner(input: $input) { userErrors { message } }
  }`;
  const input = {
    fingerprint: leaf.certificate.fingerprint,
    namespace: 'ISO15118_2',
    reason: 'tested',
  };
  await world.harness.run(operator, query, { input });
}

const ownStore = () => createResigningStore(world.harness.database);

/** One pass, in which every signer that ends within 100 days ends soon: the PKIs' own do. */
const pass = (
  options: Partial<ResigningDeps> = {},
  mayGoOn = () => Promise.resolve(true),
  checker: RevocationChecker = createToldChecker(world.harness.clock),
) => {
  const { database, clock, keyStore, pools } = world.harness;
  const all = async () =>
    (await database.query<SignerRow>(`SELECT ${signerColumns} FROM cps_signer ORDER BY added_at`)).map(
      toSigner,
    );
  const bus = createInProcessBus();
  // RCP is asked: nothing follows its log.
  const trust = createTrust({ pool: 'cps', database, graph: pools.client, bus, logger: silentLogger });
  const revocation = createRevocation({ database, checker, policy: 'soft', clock, logger: silentLogger });
  const poolsFor = (providerId?: string) => ownPools(pools.client, { trust, revocation }, providerId);
  return resignDue(
    {
      signers: { all },
      store: ownStore(),
      keyStore,
      clock,
      logger: silentLogger,
      lead: 100 * day,
      poolsFor,
      ...options,
    },
    mayGoOn,
  );
};

interface Row {
  readonly emaid_identity: string;
  readonly signer_fingerprint: string;
  readonly resign_outcome: string | null;
  readonly exi: Buffer;
}
const rows = () => world.harness.database.query<Row>('SELECT * FROM signing_result ORDER BY emaid_identity');
const signersOf = async () => (await rows()).map((row) => row.signer_fingerprint);
const fingerprintOf = ({ leaf }: SignerChain) => leaf.certificate.fingerprint;
const heldOf = (number: number) =>
  [...(world.harness.pools.contracts.get(emaidOf(number))?.variants.values() ?? [])].map(({ exi }) => exi);

const setKeyReference = ({ leaf }: SignerChain, reference: string) =>
  world.harness.database.execute('UPDATE cps_signer SET key_reference = $2 WHERE fingerprint = $1', [
    leaf.certificate.fingerprint,
    reference,
  ]);
const loseKeyOf = (signer: SignerChain) => setKeyReference(signer, 'gone');
const addKeyOf = (signer: SignerChain) =>
  setKeyReference(signer, `cps-${signer.leaf.certificate.fingerprint.slice(0, 16)}`);

describe('a pass over the signers', () => {
  it('goes on with the others when one’s successor cannot sign', async () => {
    await signUnderBothRoots([1, 2, 3, 4], [5]);
    const broken = await addSigner(world.pki.cps, 120);
    const next = await addSigner(world.otherPki.cps, 120);
    await loseKeyOf(broken);
    await expect(pass()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    expect((await signersOf())[4]).toBe(fingerprintOf(next));
    expect((await rows()).map((row) => row.resign_outcome)).toEqual([
      'FAILED',
      'FAILED',
      'FAILED',
      null,
      null,
    ]);
  });

  it('takes another successor when the key store cannot sign with the first one', async () => {
    for (const number of [1, 2, 3, 4, 5]) await sign(number);
    const broken = await addSigner(world.pki.cps, 150);
    const other = await addSigner(world.pki.cps, 120);
    await loseKeyOf(broken);
    await expect(pass()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    expect((await signersOf()).slice(3)).toEqual([fingerprintOf(other), fingerprintOf(other)]);
    await addKeyOf(broken);
    world.harness.clock.advance(11 * 60_000);
    await pass();
    expect((await signersOf()).slice(0, 3)).toEqual([1, 2, 3].map(() => fingerprintOf(broken)));
  });

  it('takes no successor that is revoked', async () => {
    await sign(1);
    const best = await addSigner(world.pki.cps, 150, ['http://127.0.0.1']);
    const other = await addSigner(world.pki.cps, 120);
    const checker = createToldChecker(world.harness.clock);
    checker.tell(best.leaf.certificate, { status: 'REVOKED' });
    // The service itself was not told, and asks nobody at a private address.
    world.harness.clock.advance(60_000);
    await pass({}, undefined, checker);
    expect(checker.asked).toEqual(['CPS for 150 days']);
    expect(await signersOf()).toEqual([fingerprintOf(other)]);
  });

  it('lets them take turns', async () => {
    await signUnderBothRoots([1, 2, 3], [4]);
    await addSigner(world.pki.cps, 120);
    await addSigner(world.otherPki.cps, 120);
    const turns: string[] = [];
    const store = ownStore();
    await pass({
      batchSize: 1,
      store: {
        ...store,
        promote: (contract, ...rest) => {
          turns.push(contract.key.emaidIdentity);
          return store.promote(contract, ...rest);
        },
      },
    });
    expect(turns).toEqual([1, 4, 2, 3].map(emaidOf));
  });

  it('does not sign on with a successor that is retired meanwhile', async () => {
    for (const number of [1, 2]) await sign(number);
    const second = await addSigner(world.pki.cps, 150);
    const third = await addSigner(world.pki.cps, 120);
    let asked = 0;
    const whenAsked = async () => {
      if (++asked === 1) return true;
      if (asked === 2) await retire(second);
      // The retirement wakes the service's own job, which signs the first one anew.
      return true;
    };
    await pass({ batchSize: 1 }, whenAsked);
    expect((await signersOf())[1]).toBe(fingerprintOf(third));
  });
});

describe('two that sign anew at the same time, one of them without knowing that it is not alone any more', () => {
  it('keep one message between them', async () => {
    await sign(1);
    const next = await addSigner(world.pki.cps, 120);
    const store = ownStore();
    const key = { fingerprint: fingerprintOf(world.pki.cps), namespace: 'ISO15118_2' as const };
    const [contract] = await store.due(key, false, start, 1);
    if (contract === undefined) throw new Error('nothing is due');
    const signerFingerprint = fingerprintOf(next);
    expect(await store.keepNext(contract, { exi: Buffer.from('one'), signerFingerprint })).toBe(true);
    expect(await store.keepNext(contract, { exi: Buffer.from('other'), signerFingerprint })).toBe(false);
    const [again] = await store.due(key, false, start, 1);
    expect(again?.next?.exi).toEqual(Buffer.from('one'));
  });

  it('come to what the contract pool holds', async () => {
    await sign(1);
    const next = await addSigner(world.pki.cps, 120);
    const { pools } = world.harness;
    const store = ownStore();
    let passed = false;
    await pass({
      store: {
        ...store,
        // Between having read what is due and keeping what is signed, the other one does all of it.
        keepNext: async (...kept) => {
          if (!passed) {
            passed = true;
            await pass();
          }
          return store.keepNext(...kept);
        },
      },
    });
    expect(await signersOf()).toEqual([fingerprintOf(next)]);
    expect(heldOf(1)).toEqual((await rows()).map(({ exi }) => exi));
    expect(pools.publications).toHaveLength(2);
  });
});

it('a contract that ends before its signer needs another one once that is retired', async () => {
  const notAfter = new Date(start.getTime() + 80 * day);
  const short = await contractInput(world.pki, { emaid: emaidOf(1), notAfter });
  await world.signed({ ...short, pcid });
  const next = await addSigner(world.pki.cps, 120);
  await pass();
  expect((await rows())[0]).toMatchObject({ resign_outcome: 'NOT_NEEDED' });
  await retire(world.pki.cps);
  await expect.poll(signersOf, { timeout: 10_000, interval: 10 }).toEqual([fingerprintOf(next)]);
});

it('a contract that ends before its signer is looked at no more once both have ended', async () => {
  const notAfter = new Date(start.getTime() + 80 * day);
  const short = await contractInput(world.pki, { emaid: emaidOf(1), notAfter });
  await world.signed({ ...short, pcid });
  await addSigner(world.pki.cps, 120);
  await pass();
  world.harness.clock.advance(91 * day);
  await pass();
  const due = await world.harness.database.query('SELECT resign_due_at::text AS due FROM signing_result');
  expect(due).toEqual([{ due: 'infinity' }]);
});

describe('signing again what is being signed anew', () => {
  it.each(['before', 'while'])(
    'leaves in the contract pool what was signed anew, also when it was handed in %s that was noted',
    async (moment) => {
      const input = await contractInput(world.pki, { emaid: emaidOf(1) });
      await world.signed({ ...input, pcid });
      const next = await addSigner(world.pki.cps, 120);
      const { pools } = world.harness;
      const store = ownStore();
      const again = () => world.signed({ ...input, pcid });
      if (moment === 'before') {
        // All of it is done between the kept result's being read and its reaching the pool.
        pools.beforePublication = async () => {
          pools.beforePublication = () => undefined;
          await pass();
        };
        expect((await again()).octets).toBe(heldOf(1)[0]?.toString('base64'));
      } else {
        await pass({
          store: {
            ...store,
            promote: async (...args) => {
              await again();
              await store.promote(...args);
            },
          },
        });
      }
      expect(await signersOf()).toEqual([fingerprintOf(next)]);
      expect(heldOf(1)).toEqual((await rows()).map(({ exi }) => exi));
    },
  );
});
