import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Subgraph } from '@chargegraph/graph';
import { createDemoPki, issueProvisioningCertificate } from '@chargegraph/pki';
import { decodeMessage } from '@chargegraph/iso15118';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { day, operator, start, type SignerChain } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { iso20ContractInput, readAsIso20Car } from './testing/iso20.fixture.ts';
import { contractInput, readAsCar } from './testing/signing.fixture.ts';
import { emaid, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;
let processes: Subgraph[] = [];

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.stop()));
});

const minute = 60_000;

/** A signer under the first PKI's V2G root that ends after so many days; the PKI's own ends after 90. */
async function successor(days = 120): Promise<SignerChain> {
  const leaf = await issueLeaf(world.pki.cps.subCa2, {
    commonName: `CPS for ${String(days)} days`,
    notBefore: start,
    notAfter: new Date(start.getTime() + days * day),
  });
  const chain = { ...world.pki.cps, leaf };
  await world.addSigner(chain);
  return chain;
}

async function retire({ leaf }: SignerChain, namespace = 'ISO15118_2'): Promise<void> {
  const query = `mutation ($input: RetireCpsSignerInput!) {
    retireCpsSigner(input: $input) { userErrors { message } }
  }`;
  const input = { fingerprint: leaf.certificate.fingerprint, namespace, reason: 'tested' };
  const { data } = await world.harness.run(operator, query, { input });
  expect(data).toEqual({ retireCpsSigner: { userErrors: [] } });
}

/** Runs the job in a process of its own until what is to be so is so. */
async function resigned(condition: () => Promise<boolean>, leadDays?: number): Promise<void> {
  const other = await world.harness.another(leadDays);
  processes.push(other);
  await expect.poll(condition, { timeout: 10_000, interval: 10 }).toBe(true);
  processes = processes.filter((each) => each !== other);
  await other.stop();
}

/** The contract pool's data of a contract, in base64. */
const held = (id = emaid) =>
  [...(world.harness.pools.contracts.get(id)?.variants.values() ?? [])].map(({ exi }) =>
    exi.toString('base64'),
  );

interface Row {
  readonly emaid_identity: string;
  readonly exi: Buffer;
  readonly next_exi: Buffer | null;
  readonly signer_fingerprint: string;
  readonly resign_outcome: string | null;
  readonly resign_detail: string | null;
}

const rows = () => world.harness.database.query<Row>('SELECT * FROM signing_result ORDER BY emaid_identity');
const fingerprintOf = ({ leaf }: SignerChain) => leaf.certificate.fingerprint;

const allBy = (chain: SignerChain) => async () =>
  (await rows()).every((row) => row.signer_fingerprint === fingerprintOf(chain));
const settledAs = (outcome: string) => async () =>
  (await rows()).some((row) => row.resign_outcome === outcome);

const elementsOf = (octets: string) => {
  const { body } = decodeMessage(Buffer.from(octets, 'base64'));
  if (body.type !== 'CertificateInstallationRes') throw new Error(body.type);
  const { contractSignatureCertChain, contractSignatureEncryptedPrivateKey, dhPublicKey, emaid } = body;
  return { contractSignatureCertChain, contractSignatureEncryptedPrivateKey, dhPublicKey, emaid };
};

describe('when a signer is retired', () => {
  it('its contracts are signed anew by another one: the same elements, another chain and signature', async () => {
    const { octets } = await world.signed({ ...world.input, pcid });
    const next = await successor();
    world.harness.pools.publications.length = 0;
    await world.harness.forgetWrites();
    await retire(world.pki.cps);
    // No process of its own: the retirement itself wakes the job.
    await expect.poll(allBy(next), { timeout: 10_000, interval: 10 }).toBe(true);

    const [renewed = ''] = held();
    expect(renewed).not.toBe(octets);
    expect(elementsOf(renewed)).toEqual(elementsOf(octets));
    const view = readAsCar(renewed, [world.pki.v2gRoot.certificate]);
    expect(view.signatureValid).toBe(true);
    expect(view.cpsRoot?.fingerprint).toBe(world.pki.v2gRoot.certificate.fingerprint);
    expect(view.body.saProvisioningCertificateChain.certificate).toEqual(next.leaf.certificate.der);
    expect((await rows()).map(({ exi }) => exi.toString('base64'))).toEqual([renewed]);

    const [{ context, pcid: car } = {}] = world.harness.pools.publications;
    expect(car).toBe(pcid);
    expect(context?.caller).toMatchObject({ clientId: 'cps', organisation: 'chargegraph' });
    expect([...(context?.caller.roles ?? [])]).toEqual(['SERVICE']);
    expect([...(context?.caller.providerIds ?? [])]).toEqual(['DEABC']);
    expect(await world.harness.writes()).toMatchObject([
      { action: 'retireCpsSigner', clientId: 'test-client' },
      { action: 'resignContract', object: `Contract ${emaid}`, clientId: 'cps', traceId: context?.traceId },
    ]);
  });

  it('what was signed once more is not signed again', async () => {
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    await retire(world.pki.cps);
    await resigned(allBy(next));
    const after = held();
    const count = world.harness.pools.publications.length;
    const calls = world.harness.pools.calls.length;
    const other = await world.harness.another();
    await other.stop();
    expect(held()).toEqual(after);
    expect(world.harness.pools.publications).toHaveLength(count);
    expect(world.harness.pools.calls).toHaveLength(calls);
  });

  it('contracts under another V2G root stay as they are', async () => {
    await world.addSigner(world.otherPki.cps);
    const v2gRootFingerprint = world.otherPki.v2gRoot.certificate.fingerprint;
    const other = await world.signed({ ...world.input, pcid, v2gRootFingerprint });
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    await retire(world.pki.cps);
    await resigned(async () => (await rows()).some((row) => row.signer_fingerprint === fingerprintOf(next)));
    expect(held()).toHaveLength(2);
    expect(held()).toContain(other.octets);
  });

  it('nothing happens until there is another one under its root', async () => {
    const { octets } = await world.signed({ ...world.input, pcid });
    await world.addSigner(world.otherPki.cps);
    await retire(world.pki.cps);
    const idle = await world.harness.another();
    await expect
      .poll(() => world.harness.pools.calls.filter(({ field }) => field === 'rootCertificates').length, {
        timeout: 10_000,
      })
      .toBeGreaterThan(8);
    await idle.stop();
    expect(held()).toEqual([octets]);
    const next = await successor();
    await resigned(allBy(next));
    expect(held()).not.toEqual([octets]);
  });

  it('the operator sees how far it is', async () => {
    const query =
      '{ cpsSigners(first: 1, orderBy: ADDED_AT_ASC) { nodes { resigning { open refused lastRefusal } } } }';
    const progress = async () => (await world.harness.run(operator, query)).data;
    const showing = (resigning: object) => ({ cpsSigners: { nodes: [{ resigning }] } });
    await world.signed({ ...world.input, pcid });
    expect(await progress()).toEqual(showing({ open: 1, refused: 0, lastRefusal: null }));
    world.harness.clock.advance(1_000);
    const next = await successor();
    const message = 'The car is gone.';
    world.harness.pools.refusals = [{ message, code: 'NOT_FOUND', path: null }];
    await retire(world.pki.cps);
    await resigned(settledAs('REFUSED'));
    expect(await progress()).toEqual(showing({ open: 0, refused: 1, lastRefusal: message }));
    world.harness.pools.refusals = [];
    world.harness.clock.advance(day);
    await resigned(allBy(next));
    expect(await progress()).toEqual(showing({ open: 0, refused: 0, lastRefusal: null }));
  });

  it('so are contracts of ISO 15118-20', async () => {
    const pki = await createDemoPki({ now: start, edition: '-20' });
    const car = await issueProvisioningCertificate(pki, { pcid });
    const { pools } = world.harness;
    pools.roots.push(
      { type: 'V2G', certificate: pki.v2gRoot.certificate },
      { type: 'MO', certificate: pki.moRoot.certificate },
    );
    pools.cars.set(`${pcid} ISO15118_20`, { certificate: car.certificate, installedRoots: [] });
    await world.addSigner(pki.cps, false, 'ISO15118_20');
    const oemPublicKey = car.certificate.publicKey;
    const { octets } = await world.signed({
      ...(await iso20ContractInput(pki, { emaid, pcid, oemPublicKey })),
      pcid,
    });
    const leaf = await issueLeaf(pki.cps.subCa2, {
      commonName: 'Next',
      notBefore: start,
      notAfter: new Date(start.getTime() + 120 * day),
      curve: 'P-521',
    });
    await world.addSigner({ ...pki.cps, leaf }, false, 'ISO15118_20');
    await retire(pki.cps, 'ISO15118_20');
    await resigned(allBy({ ...pki.cps, leaf }));
    const [renewed = ''] = held();
    const view = readAsIso20Car(renewed, [pki.v2gRoot.certificate]);
    expect(view.verdict.valid).toBe(true);
    expect(view.body.cpsCertificateChain.certificate).toEqual(leaf.certificate.der);
    expect(view.body.signedInstallationData).toEqual(readAsIso20Car(octets, []).body.signedInstallationData);
  });
});

describe('when a signer’s chain ends soon', () => {
  it('its contracts go over to one that lasts longer, but for those that end before', async () => {
    const short = 'DEABC000000002';
    const notAfter = new Date(start.getTime() + 80 * day);
    await world.signed({ ...world.input, pcid });
    const kept = await world.signed({
      ...(await contractInput(world.pki, { emaid: short, notAfter })),
      pcid,
    });
    const next = await successor();
    world.harness.clock.advance(75 * day);
    const early = await world.harness.another();
    await early.stop();
    expect((await rows()).every((row) => row.resign_outcome === null)).toBe(true);

    world.harness.clock.advance(1.5 * day);
    await resigned(settledAs('NOT_NEEDED'));
    expect((await rows()).map((row) => [row.emaid_identity, row.signer_fingerprint])).toEqual([
      [emaid, fingerprintOf(next)],
      [short, fingerprintOf(world.pki.cps)],
    ]);
    expect(held(short)).toEqual([kept.octets]);
  });

  it('how soon is the operator’s to say', async () => {
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    await resigned(allBy(next), 100);
  });

  it('they stay where no other one lasts longer', async () => {
    const { octets } = await world.signed({ ...world.input, pcid });
    await successor(60);
    world.harness.clock.advance(50 * day);
    world.harness.pools.calls.length = 0;
    const other = await world.harness.another(100);
    await expect.poll(() => world.harness.pools.calls.length, { timeout: 10_000 }).toBeGreaterThan(4);
    await other.stop();
    expect(held()).toEqual([octets]);
  });
});

describe('what the contract pool no longer holds', () => {
  it('does not come back when it was deleted', async () => {
    await world.signed({ ...world.input, pcid });
    await successor();
    world.harness.pools.contracts.clear();
    await retire(world.pki.cps);
    await resigned(settledAs('ABSENT'));
    expect(held()).toEqual([]);
  });

  it('does not come back in place of what came since', async () => {
    await world.signed({ ...world.input, pcid });
    await successor();
    const theirs = await world.signed(await contractInput(world.pki, { emaid }));
    world.harness.pools.hold(Buffer.from(theirs.octets, 'base64'), pcid);
    await retire(world.pki.cps);
    await resigned(async () => (await rows()).some((row) => row.resign_outcome === 'ABSENT'));
    expect(elementsOf(held()[0] ?? '')).toEqual(elementsOf(theirs.octets));
  });

  it('does not come back when it is deleted between look and publication', async () => {
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    world.harness.pools.beforePublication = () => {
      world.harness.pools.contracts.clear();
    };
    await retire(world.pki.cps);
    await resigned(settledAs('FAILED'));
    expect(held()).toEqual([]);
    world.harness.clock.advance(11 * minute);
    await resigned(settledAs('ABSENT'));
    expect(held()).toEqual([]);
    expect((await rows())[0]?.signer_fingerprint).not.toBe(fingerprintOf(next));
  });

  it('is looked for again, for its operator may publish it later', async () => {
    const { octets } = await world.signed(world.input);
    const next = await successor();
    await retire(world.pki.cps);
    await resigned(settledAs('ABSENT'));
    world.harness.pools.hold(Buffer.from(octets, 'base64'), pcid);
    world.harness.clock.advance(day - minute);
    const early = await world.harness.another();
    await early.stop();
    expect(held()).toEqual([octets]);
    world.harness.clock.advance(minute);
    await resigned(allBy(next));
    expect(held()).not.toEqual([octets]);
  });

  it('is looked for no more once its signer’s chain has ended', async () => {
    await world.signed(world.input);
    const leaf = await issueLeaf(world.pki.cps.subCa2, {
      commonName: 'Next quarter',
      notBefore: start,
      notAfter: new Date(start.getTime() + 200 * day),
    });
    await world.addSigner({ ...world.pki.cps, leaf });
    world.harness.clock.advance(95 * day);
    await resigned(settledAs('ABSENT'));
    const [{ due } = {}] = await world.harness.database.query<{ due: string }>(
      'SELECT resign_due_at::text AS due FROM signing_result',
    );
    expect(due).toBe('infinity');
  });
});

describe('a job that was broken off', () => {
  it('before the contract pool had the new message goes on with that one', async () => {
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    world.harness.pools.down.add('publishContract');
    await retire(world.pki.cps);
    await resigned(settledAs('FAILED'));
    const [kept] = await rows();
    expect(kept?.next_exi).not.toBeNull();
    expect(kept?.signer_fingerprint).toBe(fingerprintOf(world.pki.cps));

    world.harness.pools.down.clear();
    world.harness.clock.advance(11 * minute);
    await resigned(allBy(next));
    expect(held()).toEqual([kept?.next_exi?.toString('base64')]);
    expect((await rows())[0]).toMatchObject({ exi: kept?.next_exi, next_exi: null, resign_outcome: null });
  });

  it('after the contract pool had it only keeps that it has', async () => {
    await world.signed({ ...world.input, pcid });
    const next = await successor();
    world.harness.pools.mute.add('publishContract');
    await retire(world.pki.cps);
    await resigned(settledAs('FAILED'));
    const after = held();
    const publications = world.harness.pools.publications.length;

    world.harness.pools.mute.clear();
    world.harness.clock.advance(11 * minute);
    await resigned(allBy(next));
    expect(held()).toEqual(after);
    expect(world.harness.pools.publications).toHaveLength(publications);
    expect((await rows()).map(({ exi }) => exi.toString('base64'))).toEqual(after);
  });

  it('signs with a third signer when the second one is retired meanwhile', async () => {
    await world.signed({ ...world.input, pcid });
    const second = await successor(120);
    world.harness.pools.down.add('publishContract');
    await retire(world.pki.cps);
    await resigned(settledAs('FAILED'));
    await retire(second);
    const third = await successor(100);
    world.harness.pools.down.clear();
    world.harness.clock.advance(11 * minute);
    await resigned(allBy(third));
    const view = readAsCar(held()[0] ?? '', [world.pki.v2gRoot.certificate]);
    expect(view.body.saProvisioningCertificateChain.certificate).toEqual(third.leaf.certificate.der);
    expect(view.signatureValid).toBe(true);
  });
});

describe('several processes', () => {
  const emaids = Array.from({ length: 10 }, (_, last) => `DEABC00000000${String(last)}`);

  async function signAll(): Promise<void> {
    for (const each of emaids)
      await world.signed({ ...(await contractInput(world.pki, { emaid: each })), pcid });
    world.harness.pools.publications.length = 0;
  }

  it('publish each contract once between them', async () => {
    await signAll();
    const next = await successor();
    await retire(world.pki.cps);
    processes.push(...(await Promise.all([1, 2, 3].map(() => world.harness.another()))));
    await expect.poll(allBy(next), { timeout: 10_000, interval: 10 }).toBe(true);
    expect(world.harness.pools.publications).toHaveLength(emaids.length);
  });

  it('work one at a time', async () => {
    await signAll();
    const next = await successor();
    const holder = await world.harness.database.pool.connect();
    const lock = "hashtextextended('chargegraph resigning cps', 0)";
    try {
      await holder.query(`SELECT pg_advisory_lock(${lock})`);
      await retire(world.pki.cps);
      processes.push(await world.harness.another());
      const tries = new Set<number>();
      await expect.poll(() => lastTry(tries), { timeout: 10_000, interval: 5 }).toBeGreaterThan(3);
      expect(world.harness.pools.publications).toEqual([]);
      await holder.query(`SELECT pg_advisory_unlock(${lock})`);
    } finally {
      holder.release(true);
    }
    await resigned(allBy(next));
    expect(world.harness.pools.publications).toHaveLength(emaids.length);
  });

  it('leave a pool that does not answer in peace after a few tries', async () => {
    await signAll();
    const next = await successor();
    world.harness.pools.down.add('publishContract');
    await retire(world.pki.cps);
    const failed = async () => (await rows()).filter((row) => row.resign_outcome === 'FAILED').length;
    await expect.poll(failed, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    // Three a look. It may look once more when the retirement comes while it does, but not at all of them.
    await pause(200);
    expect(await failed()).toBeLessThan(emaids.length);
    world.harness.pools.down.clear();
    world.harness.clock.advance(11 * minute);
    await resigned(allBy(next));
    expect(emaids.every((each) => held(each).length === 1)).toBe(true);
  });
});

it('replaces nothing but what it signed anew, and says so to the contract pool', async () => {
  const { octets } = await world.signed({ ...world.input, pcid });
  const next = await successor();
  await retire(world.pki.cps);
  await resigned(allBy(next));
  const digest = createHash('sha256').update(Buffer.from(octets, 'base64')).digest();
  expect(world.harness.pools.publications.map(({ replaces }) => replaces)).toEqual([undefined, digest]);
});

/** Notes when the job last tried to become the only runner, and gives how many tries were seen. */
async function lastTry(seen: Set<number>): Promise<number> {
  const [row] = await world.harness.database.query<{ at: Date | null }>(
    "SELECT max(query_start) AS at FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%'",
  );
  if (row?.at != null) seen.add(row.at.getTime());
  return seen.size;
}
