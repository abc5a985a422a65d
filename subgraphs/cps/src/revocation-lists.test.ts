import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Subgraph } from '@chargegraph/graph';
import { partnerRoles } from '@chargegraph/identity';
import { createDemoPki, type DemoPki } from '@chargegraph/pki';
import { readCrlEntries } from '@chargegraph/pki/testing';
import { addCa, nextYear, retireContractCa } from './testing/generation.fixture.ts';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { createRevocationScene, type ListShown, type RevocationScene } from './testing/revocation.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

const crlUrl = 'https://gateway.example.invalid/crl/mo.crl';

let world: World;
let scene: RevocationScene;
let ca: string;
const processes: Subgraph[] = [];

beforeAll(async () => {
  world = await startWorld();
  scene = createRevocationScene(world);
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  await world.reset();
  ca = await addCa(world.harness, world.pki.mo, { crlUrl });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.stop()));
});

const hour = 3_600_000;

interface Revoked {
  readonly revokedCertificate: Record<string, unknown> | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] | null }[];
}

const revokeMutation = `mutation ($input: RevokeContractCertificateInput!) {
  revokeContractCertificate(input: $input) {
    revokedCertificate { certificate { fingerprint } emaid revokedAt reason }
    userErrors { code message path }
  }
}`;

async function revoke(fingerprint: string, reason = 'SUPERSEDED'): Promise<Revoked> {
  const { data, errors } = await world.harness.run(operator, revokeMutation, {
    input: { fingerprint, reason },
  });
  expect(errors).toBeUndefined();
  return data?.['revokeContractCertificate'] as Revoked;
}

/** The list once it is as it is to be. */
async function listOnce(condition: (list: ListShown) => boolean): Promise<ListShown> {
  let list: ListShown | undefined;
  await expect
    .poll(
      async () => {
        list = await scene.list();
        return list !== undefined && condition(list);
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  if (list === undefined) throw new Error('There is no list.');
  return list;
}

const entriesOf = ({ der }: ListShown) => readCrlEntries(der);
const hasEntries = (count: number) => (list: ListShown) => entriesOf(list).length === count;

/** Lets time go by, and other processes look at the lists. */
async function later(milliseconds: number): Promise<void> {
  world.harness.clock.advance(milliseconds);
  processes.push(await world.harness.another());
}

describe('the revocation list of a CA', () => {
  it('is there once the CA was added, for a day, and what the CA issues names it', async () => {
    const list = await listOnce(() => true);
    expect(list).toMatchObject({
      thisUpdate: start,
      nextUpdate: new Date(start.getTime() + day),
      number: BigInt(start.getTime() / 1_000),
    });
    expect(entriesOf(list)).toEqual([]);
    const certificate = await scene.certificate();
    expect(certificate.crlUrls).toEqual([crlUrl]);
    expect(certificate.ocspUrls).toEqual([]);
  });

  it('has what was revoked at once, with a higher number, and is one of the CA’s fields', async () => {
    const before = await listOnce(() => true);
    const [kept, gone] = [await scene.certificate(), await scene.certificate()];
    await revoke(gone.fingerprint, 'KEY_COMPROMISE');
    const list = await listOnce(hasEntries(1));
    expect(entriesOf(list)).toEqual([
      { serialNumber: gone.serialNumber, at: start, reason: 'keyCompromise' },
    ]);
    expect(list.number).toBeGreaterThan(before.number);
    const query = `query ($of: [SHA256Fingerprint!]) { contractCas(first: 1, where: { fingerprint: $of }) { nodes {
      issuedCertificateCount revokedCertificateCount revocationList { number }
    } } }`;
    const { data } = await world.harness.run(operator, query, {
      of: [world.pki.mo.subCa2.certificate.fingerprint],
    });
    expect(data).toEqual({
      contractCas: {
        nodes: [
          {
            issuedCertificateCount: 2,
            revokedCertificateCount: 1,
            revocationList: { number: list.number.toString() },
          },
        ],
      },
    });
    expect(kept.fingerprint).not.toBe(gone.fingerprint);
  });

  it('is renewed when half of its time is over, and not before', async () => {
    const first = await listOnce(() => true);
    await later(12 * hour - 1_000);
    await revoke('0'.repeat(64));
    expect(await scene.list()).toEqual(first);
    world.harness.clock.advance(1_000);
    const second = await listOnce(({ number }) => number > first.number);
    expect(second.thisUpdate).toEqual(new Date(start.getTime() + 12 * hour));
    expect(second.nextUpdate).toEqual(new Date(start.getTime() + 36 * hour));
  });

  it('is issued anew when the clock had been ahead', async () => {
    world.harness.clock.advance(3 * hour);
    await revoke(await scene.issue());
    const ahead = await listOnce(hasEntries(1));
    world.harness.clock.set(start);
    await later(0);
    const list = await listOnce(({ thisUpdate }) => thisUpdate.getTime() === start.getTime());
    expect(list.number).toBe(ahead.number + 1n);
  });

  it('loses what has ended, and goes on for a retired CA until all of it has', async () => {
    const short = { contractEnds: new Date(start.getTime() + 40 * day).toISOString() };
    const [first, second] = [await scene.issue(short), await scene.issue(nextYear)];
    await revoke(first);
    await revoke(second);
    await listOnce(hasEntries(2));
    const input = { id: ca, reason: 'replaced' };
    const { data } = await world.harness.run(operator, retireContractCa, { input });
    expect(data).toMatchObject({ retireContractCa: { userErrors: [] } });
    await later(40 * day);
    expect(await scene.listed()).toHaveLength(2);
    await listOnce(hasEntries(1));
    expect(await scene.listed()).toEqual([second]);
    world.harness.clock.set(new Date(start.getTime() + 366 * day - 1_000));
    const last = await listOnce(
      ({ thisUpdate }) => thisUpdate.getTime() === start.getTime() + 366 * day - 1_000,
    );
    world.harness.clock.advance(2 * day);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await scene.list())?.number).toBe(last.number);
  });

  it('has a number of its own for each, also when several processes issue them', async () => {
    processes.push(await world.harness.another(), await world.harness.another());
    const numbers = new Set<bigint>();
    for (let count = 1; count <= 5; count++) {
      await revoke(await scene.issue());
      const { number } = await listOnce(hasEntries(count));
      expect([...numbers].every((other) => other < number)).toBe(true);
      numbers.add(number);
    }
  });

  it('of one CA does not wait for the key of another', async () => {
    const other = await createDemoPki({ now: start });
    await addWithoutKey(other);
    const gone = await scene.issue();
    await later(0);
    await revoke(gone);
    await listOnce(hasEntries(1));
    expect(await scene.list(other.mo.subCa2.certificate)).toBeUndefined();
    const { certificate, privateKey } = other.mo.subCa2;
    await world.harness.keyStore.importKey(`mo-${certificate.fingerprint.slice(0, 16)}`, privateKey);
    await expect.poll(() => scene.list(certificate), { timeout: 10_000 }).toBeDefined();
  });
});

/** A CA whose key the key store does not have any more. */
async function addWithoutKey(pki: DemoPki): Promise<void> {
  const { certificate } = pki.mo.subCa2;
  await world.harness.database.execute(
    `INSERT INTO contract_ca (fingerprint, namespace, der, sub_cas, root_fingerprint, root_der, key_reference,
       provider_ids, added_at, ends_at)
     VALUES ($1, 'ISO15118_2', $2, '{}', $3, $4, $5, '{DEXYZ}', $6, $7)`,
    [
      certificate.fingerprint,
      Buffer.from(certificate.der),
      pki.moRoot.certificate.fingerprint,
      Buffer.from(pki.moRoot.certificate.der),
      `mo-${certificate.fingerprint.slice(0, 16)}`,
      start,
      certificate.notAfter,
    ],
  );
}

describe('revoking by hand', () => {
  it('is for good, recorded once, and keeps its first reason', async () => {
    const certificate = await scene.certificate();
    const { fingerprint } = certificate;
    await world.harness.forgetWrites();
    const revokedCertificate = {
      certificate: { fingerprint },
      emaid: certificate.commonName,
      revokedAt: start.toISOString(),
      reason: 'PRIVILEGE_WITHDRAWN',
    };
    expect(await revoke(fingerprint, 'PRIVILEGE_WITHDRAWN')).toEqual({ revokedCertificate, userErrors: [] });
    world.harness.clock.advance(day);
    expect(await revoke(fingerprint)).toEqual({ revokedCertificate, userErrors: [] });
    expect(await world.harness.writes()).toMatchObject([
      { action: 'revokeContractCertificate', clientId: 'test-client' },
    ]);
  });

  it('refuses a certificate that our CAs did not issue', async () => {
    const { fingerprint } = world.car.certificate;
    expect(await revoke(fingerprint)).toMatchObject({
      revokedCertificate: null,
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'fingerprint'] }],
    });
  });

  it.each(partnerRoles.filter((role) => role !== 'OPERATOR'))('is not for %s', async (role) => {
    const caller = callerWith([role], ['DEABC']);
    const input = { fingerprint: await scene.issue(), reason: 'SUPERSEDED' };
    const { errors } = await world.harness.run(caller, revokeMutation, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await scene.revoked()).toEqual([]);
  });
});
