import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { DemoPki } from '@chargegraph/pki';
import { callerWith, cpo, cps, mo, oem, operator, otherMo, otherOem, service } from './testing/callers.ts';
import { inDays, start, startHarness, type Harness } from './testing/harness.ts';
import { carContracts, publish, readContract, remove } from './testing/operations.ts';
import { fillPools, makeCar, makePki, signedDataOf, type Car } from './testing/world.ts';

const emaid = 'DEABCC00000001';

let harness: Harness;
let pki: DemoPki;
let car: Car;

beforeAll(async () => {
  [harness, pki] = await Promise.all([startHarness(), makePki()]);
  car = await makeCar(pki, 'WCGtest0000000001');
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.reset();
  fillPools(harness.pools, pki, car);
});

async function publishFor(caller: Caller, id: string): Promise<void> {
  const signedContractData = await signedDataOf(pki, { car, emaid: id });
  const { data } = await harness.run(caller, publish, { input: { signedContractData, pcid: car.pcid } });
  expect(data?.['publishContract']).toMatchObject({ userErrors: [] });
}

const seen = async (caller: Caller, id = emaid) =>
  (await harness.run(caller, readContract, { emaid: id })).data?.['contract'];

describe('contract', () => {
  it('shows a contract with its signed data and links to the other pools', async () => {
    await publishFor(mo, emaid);
    expect(await seen(mo, 'de-abc-c00000001')).toEqual({
      id: globalId('Contract', emaid),
      emaid,
      pcid: 'WCGtest0000000001',
      providerId: 'DEABC',
      isDefault: true,
      createdAt: start.toISOString(),
      updatedAt: start.toISOString(),
      provisioningCertificate: { id: globalId('ProvisioningCertificate', 'ISO15118_2', 'WCGTEST0000000001') },
      signedData: [
        {
          namespace: 'ISO15118_2',
          storedAt: start.toISOString(),
          exi: expect.any(String) as string,
          v2gRoot: { id: globalId('RootCertificate', pki.v2gRoot.certificate.fingerprint) },
          contractCertificate: {
            fingerprint: expect.any(String) as string,
            subject: expect.stringContaining(`CN=${emaid}`) as string,
          },
          subCaCertificates: [pki.mo.subCa2, pki.mo.subCa1].map(({ certificate: { fingerprint } }) => ({
            fingerprint,
          })),
          cpsCertificate: { fingerprint: pki.cps.leaf.certificate.fingerprint },
          verdict: { status: 'VALID', reasons: [], source: 'CHAIN', checkedAt: start.toISOString() },
        },
      ],
    });
  });

  it('is seen by its operator, its car’s maker, the operator and services, and reads as absent for others', async () => {
    await publishFor(mo, emaid);
    for (const caller of [mo, oem, operator, service]) expect(await seen(caller)).toMatchObject({ emaid });
    for (const caller of [otherMo, otherOem]) expect(await seen(caller)).toBeNull();
    for (const caller of [cpo, cps]) expect(await seen(caller)).toBeNull();
  });

  it('hides the message itself from the car maker, and nothing else', async () => {
    await publishFor(mo, emaid);
    const { data, errors } = await harness.run(oem, readContract, { emaid });
    expect(errors).toMatchObject([
      { path: ['contract', 'signedData', 0, 'exi'], extensions: { code: 'FORBIDDEN' } },
    ]);
    expect(data?.['contract']).toMatchObject({ emaid, signedData: [{ exi: null, namespace: 'ISO15118_2' }] });
  });

  it('is no longer valid once the provisioning service’s certificate has ended', async () => {
    await publishFor(mo, emaid);
    harness.clock.set(inDays(90));
    expect(await seen(mo)).toMatchObject({
      signedData: [{ verdict: { status: 'INVALID_CHAIN', reasons: [expect.stringContaining('Demo CPS')] } }],
    });
  });

  it('is EXPIRED once the contract certificate itself has ended, whatever became of the chains', async () => {
    await publishFor(mo, emaid);
    harness.clock.set(inDays(365));
    harness.pools.roots.length = 0;
    expect(await seen(mo)).toMatchObject({ signedData: [{ verdict: { status: 'EXPIRED' } }] });
  });

  it('is resolved as an entity with the caller’s rights, many in a few queries', async () => {
    const emaids = Array.from({ length: 5 }, (_, index) => `DEABCC0000000${String(index)}`);
    for (const id of emaids) await publishFor(mo, id);
    const representations = [...emaids, 'DEABCC99999999'].map((id) => ({
      __typename: 'Contract',
      id: globalId('Contract', id),
    }));
    representations.push({ __typename: 'Contract', id: 'nonsense' });
    const query = `query ($representations: [_Any!]!) {
      _entities(representations: $representations) { ... on Contract { emaid isDefault signedData { namespace } } }
    }`;
    const entities = async (caller: Caller) =>
      (await harness.run(caller, query, { representations })).data?.['_entities'];
    const expected = emaids.map((id, index) => ({
      emaid: id,
      isDefault: index === 0,
      signedData: [{ namespace: 'ISO15118_2' }],
    }));
    expect(await entities(oem)).toEqual([...expected, null, null]);
    expect(await entities(otherOem)).toEqual(representations.map(() => null));
  });
});

describe('contracts of a provisioning certificate', () => {
  const id = globalId('ProvisioningCertificate', 'ISO15118_2', 'WCGTEST0000000001');
  const listed = async (caller: Caller, page: Record<string, unknown> = { first: 10 }) => {
    const { data, errors } = await harness.run(caller, carContracts, { id, ...page });
    const [entity] = (data?.['_entities'] ?? []) as ({ contracts: ContractPage } | null)[];
    return { contracts: entity?.contracts, errors };
  };
  interface ContractPage {
    readonly nodes: readonly { readonly emaid: string }[];
    readonly edges: readonly { readonly cursor: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
    readonly totalCount: number;
  }
  const emaids = ['DEABCC00000003', 'DEXYZC00000001', 'DEABCC00000001'];

  beforeEach(async () => {
    for (const emaid of emaids) {
      await publishFor(emaid.startsWith('DEABC') ? mo : otherMo, emaid);
      harness.clock.advance(1);
    }
  });

  it('lists and counts what the caller may see, in the order the contracts came in', async () => {
    for (const caller of [oem, operator, service]) {
      expect((await listed(caller)).contracts).toMatchObject({
        nodes: emaids.map((emaid) => ({ emaid })),
        totalCount: 3,
      });
    }
    expect((await listed(mo)).contracts).toMatchObject({
      nodes: [{ emaid: 'DEABCC00000003' }, { emaid: 'DEABCC00000001' }],
      totalCount: 2,
    });
    for (const caller of [otherOem, callerWith(['MO_V2G_PKI'], { providerIds: ['DEQQQ'] })]) {
      expect((await listed(caller)).contracts).toMatchObject({ nodes: [], totalCount: 0 });
    }
  });

  it('pages forward and backward', async () => {
    const first = (await listed(oem, { first: 2 })).contracts;
    expect(first).toMatchObject({
      nodes: [{ emaid: emaids[0] }, { emaid: emaids[1] }],
      pageInfo: { hasNextPage: true },
    });
    const rest = (await listed(oem, { first: 2, after: first?.edges[1]?.cursor })).contracts;
    expect(rest).toMatchObject({
      nodes: [{ emaid: emaids[2] }],
      pageInfo: { hasNextPage: false },
      totalCount: 3,
    });
    const last = (await listed(oem, { last: 1 })).contracts;
    expect(last).toMatchObject({ nodes: [{ emaid: emaids[2] }], pageInfo: { hasPreviousPage: true } });
    const before = (await listed(oem, { last: 5, before: last?.edges[0]?.cursor })).contracts;
    expect(before).toMatchObject({ nodes: [{ emaid: emaids[0] }, { emaid: emaids[1] }] });
  });

  it('refuses a cursor that the list cannot have given', async () => {
    for (const key of [
      ['garbage', 'DEABCC00000001'],
      ['2026-11-10T12:00:00.000Z', '\u0000'],
    ]) {
      const after = Buffer.from(JSON.stringify(key)).toString('base64url');
      const { errors } = await listed(oem, { first: 1, after });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_INPUT', argument: ['after'] } }]);
    }
  });

  it('refuses roles without a right to contracts, and pages without a length', async () => {
    expect((await listed(cpo)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect((await listed(oem, {})).errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
  });
});

describe('deleteContract', () => {
  const deleteAs = async (caller: Caller, input: Record<string, unknown> = { emaid }) => {
    const { data, errors } = await harness.run(caller, remove, { input });
    return { errors, ...(data?.['deleteContract'] as { deletedEmaid: string | null; userErrors: object[] }) };
  };
  const notFound = {
    code: 'NOT_FOUND',
    message: 'The contract for the given EMAID not found.',
    path: ['input', 'emaid'],
  };

  it('deletes all of a contract with one event that still tells which it was', async () => {
    await publishFor(mo, emaid);
    expect(await deleteAs(mo, { emaid: 'DE-ABC-C00000001' })).toMatchObject({
      deletedEmaid: emaid,
      userErrors: [],
    });
    expect(await seen(operator)).toBeNull();
    expect(await harness.snapshot()).toMatchObject({ contracts: [], defaults: [], data: [] });
    expect((await harness.events()).at(-1)).toMatchObject({
      type: 'OEM_CONTRACT_DELETED',
      facts: { emaid, pcid: 'WCGtest0000000001', wmi: 'WCG', namespaces: ['ISO15118_2'] },
    });
    expect(await harness.events()).toHaveLength(2);
  });

  it('deletes the data of a named generation, and with the last data the contract', async () => {
    await publishFor(mo, emaid);
    expect(await deleteAs(mo, { emaid, namespace: 'ISO15118_20' })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', path: ['input', 'namespace'] }],
    });
    await harness.database.execute(
      `INSERT INTO signed_contract_data SELECT emaid_key, 'ISO15118_20', v2g_root_fingerprint, v2g_root_subject,
         v2g_root_serial_number, contract_root_fingerprint, contract_fingerprint, begins_at, ends_at, exi, stored_at
         FROM signed_contract_data`,
    );
    expect(await deleteAs(mo, { emaid, namespace: 'ISO15118_2' })).toMatchObject({ deletedEmaid: emaid });
    expect(await seen(mo)).toMatchObject({ isDefault: false, signedData: [{ namespace: 'ISO15118_20' }] });
    expect(await deleteAs(mo, { emaid, namespace: 'ISO15118_20' })).toMatchObject({ deletedEmaid: emaid });
    expect(await seen(mo)).toBeNull();
    expect((await harness.events()).map(({ facts }) => facts['namespaces'])).toEqual([
      ['ISO15118_2'],
      ['ISO15118_2'],
      ['ISO15118_20'],
    ]);
  });

  it('lets the operator delete any contract', async () => {
    await publishFor(mo, emaid);
    expect(await deleteAs(operator)).toMatchObject({ deletedEmaid: emaid });
  });

  it('answers alike for a foreign and an absent contract, and changes nothing', async () => {
    await publishFor(mo, emaid);
    const before = await harness.snapshot();
    const foreign = await deleteAs(otherMo);
    const absent = await deleteAs(otherMo, { emaid: 'DEABCC99999999' });
    expect(foreign.userErrors).toEqual([notFound]);
    expect(foreign).toEqual(absent);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('refuses roles that may not delete', async () => {
    await publishFor(mo, emaid);
    const before = await harness.snapshot();
    for (const caller of [oem, cpo, cps, service]) {
      expect((await deleteAs(caller)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    expect(await harness.snapshot()).toEqual(before);
  });
});
