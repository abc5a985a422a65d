import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '@chargegraph/identity';
import { decodeMessage } from '@chargegraph/iso15118';
import { callerWith, cpo, mo, oem, operator, otherMo, otherOem, service } from './testing/callers.ts';
import { inDays, type Harness } from './testing/harness.ts';
import { publish } from './testing/operations.ts';
import { countQueries } from './testing/count-queries.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';

let scene: Scene;
let harness: Harness;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await scene.reset();
  await scene.publishData();
});

const second = 'DEABCC00000002';
const v2g = () => scene.pki.v2gRoot.certificate.fingerprint;
const otherV2g = () => scene.otherPki.v2gRoot.certificate.fingerprint;
const publishOther = async () => {
  harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
  harness.clock.advance(1_000);
  await scene.publishData({ signer: scene.otherPki.cps });
};

describe('contract with a namespace or V2G root', () => {
  const query = `query ($emaid: EMAID!, $namespace: Namespace, $v2gRoot: SHA256Fingerprint, $root: SHA256Fingerprint) {
    contract(emaid: $emaid, namespace: $namespace, v2gRoot: $v2gRoot) {
      emaid signedData(v2gRoot: $root) { namespace contractCertificate { subject } verdict { status } v2gRoot { id } } } }`;
  const seen = async (variables: object, caller: Caller = mo) =>
    (await harness.run(caller, query, { emaid, ...variables })).data?.['contract'] as
      { signedData: object[] } | null | undefined;

  it('holds those variants alone, and reads as not there without any', async () => {
    await publishOther();
    expect((await seen({}))?.signedData).toHaveLength(2);
    expect((await seen({ namespace: 'ISO15118_2' }))?.signedData).toHaveLength(2);
    expect((await seen({ v2gRoot: v2g() }))?.signedData).toHaveLength(1);
    expect((await seen({ root: v2g() }))?.signedData).toHaveLength(1);
    expect((await seen({ v2gRoot: v2g(), root: otherV2g() }))?.signedData).toEqual([]);
    expect((await seen({ v2gRoot: v2g().toUpperCase() }))?.signedData).toHaveLength(1);
    expect(await seen({ namespace: 'ISO15118_20' })).toBeNull();
    expect(await seen({ v2gRoot: scene.pki.moRoot.certificate.fingerprint })).toBeNull();
  });

  it('asks the database the same for a foreign and an absent contract', async () => {
    for (const only of [{}, { v2gRoot: v2g() }, { namespace: 'ISO15118_20' }]) {
      const foreign = await countQueries(harness, () => seen(only, otherMo));
      const absent = await countQueries(harness, () => seen({ ...only, emaid: 'DEABCC99999999' }, otherMo));
      expect(foreign.result).toBeNull();
      expect(absent).toEqual(foreign);
      expect(foreign.queries.length).toBeGreaterThan(0);
    }
  });
});

describe('setDefaultContract', () => {
  const mutation = `mutation ($input: SetDefaultContractInput!) { setDefaultContract(input: $input) {
    contract { emaid isDefault } userErrors { message path code } } }`;
  const set = async (caller: Caller, input: object = {}) => {
    const { data, errors } = await harness.run(caller, mutation, {
      input: { emaid: second, pcid: scene.car.pcid, ...input },
    });
    return { payload: data?.['setDefaultContract'], errors };
  };
  const notFound = {
    payload: {
      contract: null,
      userErrors: [
        {
          code: 'NOT_FOUND',
          message: 'The contract for the given EMAID not found.',
          path: ['input', 'emaid'],
        },
      ],
    },
    errors: undefined,
  };
  beforeEach(() => scene.publishData({ emaid: second }));

  it('moves the default, once, and tells the car maker', async () => {
    for (let times = 0; times < 2; times++) {
      expect(await set(oem)).toEqual({
        payload: { contract: { emaid: second, isDefault: true }, userErrors: [] },
        errors: undefined,
      });
    }
    expect(await harness.snapshot()).toMatchObject({
      defaults: [{ emaid_key: second, namespace: 'ISO15118_2' }],
    });
    expect((await harness.events()).slice(2)).toMatchObject([
      {
        type: 'OEM_CONTRACT_UPDATED',
        facts: { emaid: second, madeDefaultIn: 'ISO15118_2', namespaces: ['ISO15118_2'] },
      },
    ]);
    const columns = 'action, object, client_id, outcome';
    const sealedOrNot = `(SELECT ${columns} FROM audit_open UNION ALL SELECT ${columns} FROM audit_record) r`;
    const audit = await harness.database.query(
      `SELECT ${columns} FROM ${sealedOrNot} WHERE action = 'setDefaultContract'`,
    );
    expect(audit).toEqual([
      {
        action: 'setDefaultContract',
        object: `Contract ${second}`,
        client_id: 'test-client',
        outcome: 'DONE',
      },
    ]);
  });

  it('decides what a car of ISO 15118-2 is given, and stays through an update', async () => {
    await set(oem);
    await scene.publishData({ emaid: second });
    await scene.publishData();
    expect((await scene.request(await scene.askForV2g())).emaid).toBe(second);
  });

  it('finds no contract of another car, without data of the generation, foreign or absent, and changes nothing', async () => {
    const before = await harness.snapshot();
    expect(await set(oem, { pcid: scene.otherCar.pcid })).toEqual(notFound);
    expect(await set(oem, { namespace: 'ISO15118_20' })).toEqual(notFound);
    const foreign = await countQueries(harness, () => set(otherOem));
    const absent = await countQueries(harness, () => set(otherOem, { emaid: 'DEABCC99999999' }));
    expect(foreign.result).toEqual(notFound);
    expect(absent).toEqual(foreign);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('is for car makers alone', async () => {
    for (const caller of [mo, cpo, operator, service]) {
      expect((await set(caller)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });

  it('leaves exactly one default when many are set at once and contracts go', async () => {
    const inputs = [emaid, second, emaid, second];
    const removal = `mutation { deleteContract(input: { emaid: "${emaid}" }) { deletedEmaid } }`;
    await Promise.all([
      ...inputs.map((id) => set(oem, { emaid: id })),
      harness.run(mo, removal),
      set(oem, { emaid }),
    ]);
    await set(oem);
    expect(await harness.snapshot()).toMatchObject({ defaults: [{ emaid_key: second }] });
  });
});

describe('provideContract', () => {
  const mutation = `mutation ($input: ProvideContractInput!) { provideContract(input: $input) {
    certificateInstallationRes signedData { namespace storedAt verdict { status } } userErrors { message path code } } }`;
  interface Provided {
    readonly certificateInstallationRes: string | null;
    readonly signedData: { readonly storedAt: string; readonly verdict: { readonly status: string } } | null;
    readonly userErrors: readonly object[];
  }
  const provide = async (caller: Caller, input: object = {}) => {
    const { data, errors } = await harness.run(caller, mutation, {
      input: { emaid, pcid: scene.car.pcid, ...input },
    });
    return { payload: data?.['provideContract'] as Provided | undefined, errors };
  };
  const octets = (text: string | null | undefined) => Buffer.from(text ?? '', 'base64');
  const deliveries = () =>
    harness.database.query(
      'SELECT emaid, v2g_root_fingerprint, client_id FROM contract_delivery ORDER BY id',
    );

  it('hands the signed data over with the session id, keeps the delivery and tells the mobility operator', async () => {
    const { payload } = await provide(oem, { sessionId: '0a0B0c' });
    expect(payload).toMatchObject({ signedData: { verdict: { status: 'VALID' } }, userErrors: [] });
    const { header, body } = decodeMessage(octets(payload?.certificateInstallationRes));
    expect([...header.sessionId]).toEqual([0x0a, 0x0b, 0x0c]);
    expect(body.type).toBe('CertificateInstallationRes');
    expect(await deliveries()).toEqual([{ emaid, v2g_root_fingerprint: v2g(), client_id: 'test-client' }]);
    expect((await harness.events()).slice(1)).toMatchObject([
      { type: 'MO_CONTRACT_DELIVERED_TO_OEM', facts: { emaid, providerId: 'DEABC' } },
    ]);
    expect(await harness.database.query('SELECT action, object FROM audit_open')).toEqual([
      { action: 'provideContract', object: `Contract ${emaid}` },
    ]);
    const plain = await provide(oem);
    const stored = await harness.database.query<{ exi: Uint8Array }>('SELECT exi FROM signed_contract_data');
    expect(octets(plain.payload?.certificateInstallationRes)).toEqual(stored[0]?.exi);
    expect(await deliveries()).toHaveLength(2);
  });

  it('gives the variant of the V2G root that is asked for, that the car has installed, or that came last', async () => {
    const [older] = await harness.database.query<{ exi: Uint8Array }>('SELECT exi FROM signed_contract_data');
    await publishOther();
    const isOlder = async (input: object) => {
      const { payload } = await provide(oem, input);
      return octets(payload?.certificateInstallationRes).equals(older?.exi ?? Buffer.of());
    };
    expect(await isOlder({})).toBe(false);
    expect(await isOlder({ v2gRoot: v2g() })).toBe(true);
    const key = scene.pki.v2gRoot.certificate.subjectKeyIdentifier ?? '';
    harness.pools.installedRoots.set(scene.car.pcid.toUpperCase(), [
      'AA:BB',
      (key.replaceAll(':', '').match(/../g) ?? []).join(':').toUpperCase(),
    ]);
    expect(await isOlder({})).toBe(true);
    expect(await isOlder({ v2gRoot: otherV2g() })).toBe(false);
  });

  it('refuses nothing that has ended, and says so beside it', async () => {
    harness.clock.set(inDays(400));
    const { payload } = await provide(oem);
    expect(payload?.certificateInstallationRes).toEqual(expect.any(String));
    expect(payload).toMatchObject({ signedData: { verdict: { status: 'EXPIRED' } } });
  });

  it.each(['', '0', 'zz', '001122334455667788', '00 ', '0x00'])(
    'refuses the session id "%s"',
    async (sessionId) => {
      const before = await harness.snapshot();
      expect((await provide(oem, { sessionId })).payload).toMatchObject({
        certificateInstallationRes: null,
        userErrors: [
          {
            code: 'BAD_INPUT',
            path: ['input', 'sessionId'],
            message:
              'Invalid SessionID format, make sure the length is maximum 8 characters and it is represented in HEX binary',
          },
        ],
      });
      expect(await harness.snapshot()).toEqual(before);
    },
  );

  it('finds nothing that is not there, of another car, or foreign, and keeps and tells nothing', async () => {
    const before = await harness.snapshot();
    const nothing = {
      payload: {
        certificateInstallationRes: null,
        signedData: null,
        userErrors: [
          {
            code: 'NOT_FOUND',
            message: 'The contract for the given EMAID not found.',
            path: ['input', 'emaid'],
          },
        ],
      },
      errors: undefined,
    };
    for (const input of [
      { pcid: scene.otherCar.pcid },
      { namespace: 'ISO15118_20' },
      { v2gRoot: otherV2g() },
      { emaid: 'DEABCC99999999' },
    ]) {
      expect(await provide(oem, input)).toEqual(nothing);
    }
    const foreign = await countQueries(harness, () => provide(otherOem));
    const absent = await countQueries(harness, () => provide(otherOem, { emaid: 'DEABCC99999999' }));
    expect(foreign.result).toEqual(nothing);
    expect(absent).toEqual(foreign);
    expect(await harness.snapshot()).toEqual(before);
    expect(await deliveries()).toEqual([]);
  });

  it('is for car makers alone', async () => {
    for (const caller of [mo, cpo, operator, callerWith(['CPS'])]) {
      expect((await provide(caller)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });
});

describe('deleting and listing what is foreign', () => {
  const car = `query ($where: ContractFilter) { contracts(first: 5, where: $where) { totalCount nodes { id } } }`;

  it('asks the database the same as for what is absent', async () => {
    const listed = (pcid: string) =>
      countQueries(harness, () => harness.run(otherOem, car, { where: { pcid } }));
    const foreign = await listed(scene.car.pcid);
    expect(foreign.result.data).toEqual({ contracts: { totalCount: 0, nodes: [] } });
    expect(await listed('WCGTEST0000000009')).toEqual(foreign);
    const removed = (id: string) =>
      countQueries(harness, () =>
        harness.run(
          otherMo,
          `mutation { deleteContract(input: { emaid: "${id}" }) { deletedEmaid userErrors { message path code } } }`,
        ),
      );
    expect(await removed('DEABCC99999999')).toEqual(await removed(emaid));
  });

  it('counts queries at all', async () => {
    const input = { signedContractData: await scene.data({ emaid: second }), pcid: scene.car.pcid };
    const { queries } = await countQueries(harness, () => harness.run(mo, publish, { input }));
    expect(queries.some((sql) => sql.startsWith('INSERT INTO contract '))).toBe(true);
  });
});
