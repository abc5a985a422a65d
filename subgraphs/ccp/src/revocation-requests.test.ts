import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pruneRevocationRequests } from './store/revocation-requests.ts';
import { mo, operator, otherMo, service } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { remove } from './testing/operations.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';
import type { CarEventType } from './testing/provisioning-log.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  await harness.followed();
});

const list = `query ($since: DateTime!, $first: Int!, $after: String) {
  contractRevocationRequests(since: $since, first: $first, after: $after) {
    nodes { contractCertificateFingerprint emaid cause requestedAt notAfter }
    pageInfo { hasNextPage endCursor }
    totalCount
    readAt
  }
}`;

interface Page {
  readonly nodes: readonly { readonly contractCertificateFingerprint: string; readonly emaid: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

async function requests(variables: object = {}, caller = service): Promise<Page> {
  const { data, errors } = await harness.run(caller, list, {
    since: start.toISOString(),
    first: 10,
    ...variables,
  });
  expect(errors).toBeUndefined();
  return data?.['contractRevocationRequests'] as Page;
}

const fingerprintOf = async (id = emaid) => {
  const rows = await harness.database.query<{ fingerprint: string }>(
    'SELECT contract_fingerprint AS fingerprint FROM signed_contract_data WHERE emaid_key = $1',
    [id],
  );
  return rows[0]?.fingerprint;
};

const deleteAs = (caller: typeof mo, input: object = {}) =>
  harness.run(caller, remove, { input: { emaid, ...input } });

/** The same certificate in data of the other generation, as if it could be. */
const copyToOtherGeneration = () =>
  harness.database.execute(
    `INSERT INTO signed_contract_data SELECT emaid_key, 'ISO15118_20', v2g_root_fingerprint, v2g_root_subject,
       v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at
       FROM signed_contract_data`,
  );

describe('deleting a contract', () => {
  it('asks that its certificate be revoked', async () => {
    await scene.publishData({ notAfter: inDays(100) });
    const contractCertificateFingerprint = await fingerprintOf();
    expect((await requests()).nodes).toEqual([]);
    expect(await deleteAs(mo)).toMatchObject({ data: { deleteContract: { userErrors: [] } } });
    expect(await requests()).toMatchObject({
      nodes: [
        {
          contractCertificateFingerprint,
          emaid,
          cause: 'DELETED',
          requestedAt: start.toISOString(),
          notAfter: inDays(100).toISOString(),
        },
      ],
      totalCount: 1,
      readAt: start.toISOString(),
    });
  });

  it('asks for nothing when that is not wanted', async () => {
    await scene.publishData();
    expect(await deleteAs(mo, { skipRevocation: true })).toMatchObject({
      data: { deleteContract: { deletedEmaid: emaid, userErrors: [] } },
    });
    expect((await requests()).nodes).toEqual([]);
  });

  it('asks for nothing when it is refused', async () => {
    await scene.publishData();
    expect(await deleteAs(otherMo)).toMatchObject({
      data: { deleteContract: { userErrors: [{ code: 'NOT_FOUND' }] } },
    });
    expect((await requests()).nodes).toEqual([]);
  });

  it('asks for nothing while other data holds the same certificate', async () => {
    await scene.publishData();
    await copyToOtherGeneration();
    await deleteAs(mo, { namespace: 'ISO15118_2' });
    expect((await requests()).nodes).toEqual([]);
    await deleteAs(mo, { namespace: 'ISO15118_20' });
    expect((await requests()).nodes).toMatchObject([{ emaid, cause: 'DELETED' }]);
  });

  it('deletes nothing when revocation cannot be asked for', async () => {
    await scene.publishData();
    const before = await harness.snapshot();
    await harness.database.execute('ALTER TABLE revocation_request RENAME TO revocation_request_away');
    try {
      expect((await deleteAs(mo)).errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    } finally {
      await harness.database.execute('ALTER TABLE revocation_request_away RENAME TO revocation_request');
    }
    expect(await harness.snapshot()).toEqual(before);
  });

  it('asks once for a certificate that is published and deleted again', async () => {
    const data = await scene.data();
    for (const days of [0, 1]) {
      harness.clock.set(inDays(days));
      await scene.publishAs(mo, data);
      await deleteAs(mo);
    }
    expect(await requests()).toMatchObject({ totalCount: 1, nodes: [{ requestedAt: start.toISOString() }] });
  });
});

describe('what happens to a car', () => {
  it.each<[CarEventType, string]>([
    ['PROVISIONING_CERTIFICATE_UPDATED', 'PROV_CERT_UPDATED'],
    ['PROVISIONING_CERTIFICATE_DELETED', 'PROV_CERT_DELETED'],
    ['PROVISIONING_CERTIFICATE_FACTORY_RESET', 'FACTORY_RESET'],
  ])('%s asks that the certificates of its contracts be revoked: %s', async (type, cause) => {
    await scene.publishData();
    await scene.publishAs(otherMo, await scene.data({ emaid: 'DEXYZC00000001' }));
    const others = await scene.data({ emaid: 'DEABCC00000002', car: scene.otherCar });
    await scene.publishAs(mo, others, scene.otherCar.pcid);
    const key = { pcid: scene.car.pcid.toUpperCase(), namespace: 'ISO15118_2' } as const;
    harness.pools.log.append(key, type, { keyChanged: true });
    await harness.followed();
    const { nodes } = await requests();
    expect(new Set(nodes.map((node) => node.emaid))).toEqual(new Set([emaid, 'DEXYZC00000001']));
    expect(nodes).toMatchObject([{ cause }, { cause }]);
  });

  it('asks for nothing while data of the other generation holds the same certificate', async () => {
    await scene.publishData();
    await copyToOtherGeneration();
    const key = { pcid: scene.car.pcid.toUpperCase(), namespace: 'ISO15118_2' } as const;
    harness.pools.log.append(key, 'PROVISIONING_CERTIFICATE_DELETED');
    await harness.followed();
    expect((await requests()).nodes).toEqual([]);
  });
});

describe('the list of what is to be revoked', () => {
  const ids = ['DEABCC00000001', 'DEABCC00000002', 'DEABCC00000003'];

  async function deleteThree(): Promise<string[]> {
    const fingerprints: string[] = [];
    for (const [index, id] of ids.entries()) {
      harness.clock.set(inDays(index));
      await scene.publishData({ emaid: id });
      fingerprints.push((await fingerprintOf(id)) ?? '');
      await deleteAs(mo, { emaid: id });
    }
    return fingerprints;
  }

  it('is in the order of asking, from an instant on, in pages', async () => {
    const fingerprints = await deleteThree();
    const seen = ({ nodes }: Page) => nodes.map((node) => node.contractCertificateFingerprint);
    expect(seen(await requests())).toEqual(fingerprints);
    expect(seen(await requests({ since: inDays(1).toISOString() }))).toEqual(fingerprints.slice(1));
    const first = await requests({ first: 2 });
    expect([seen(first), first.pageInfo.hasNextPage]).toEqual([fingerprints.slice(0, 2), true]);
    const second = await requests({ first: 2, after: first.pageInfo.endCursor });
    expect([seen(second), second.pageInfo.hasNextPage]).toEqual([fingerprints.slice(2), false]);
    expect(seen(await requests({}, operator))).toEqual(fingerprints);
    const { errors } = await harness.run(service, list, { since: start.toISOString(), first: 101 });
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
  });

  it('is of no concern to partners', async () => {
    const { errors } = await harness.run(mo, list, { since: start.toISOString(), first: 1 });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('is rid of certificates that have ended, those whose end is not known when they must have', async () => {
    await deleteThree();
    const [ended, unknown] = ids;
    const set = 'UPDATE revocation_request SET not_after = $2 WHERE emaid = $1';
    await harness.database.execute(set, [ended, inDays(10)]);
    await harness.database.execute(set, [unknown, null]);
    expect(await pruneRevocationRequests(harness.database, inDays(10))).toBe(0);
    expect(await pruneRevocationRequests(harness.database, inDays(11))).toBe(1);
    expect((await requests()).nodes.map((node) => node.emaid)).toEqual(ids.slice(1));
    expect(await pruneRevocationRequests(harness.database, inDays(733))).toBe(2);
  });
});
