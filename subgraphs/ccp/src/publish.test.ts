import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '@chargegraph/iso15118';
import { callerWith, cps, cpsForMo, mo, oem, operator, otherMo, service } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { readContract, remove } from './testing/operations.ts';
import { emaid, startScene, untouched, type Scene } from './testing/scene.ts';
import { base64, makeSignedData } from './testing/world.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

describe('publishContract', () => {
  it('adds a contract as the default of a car that has none, with one event', async () => {
    const published = await scene.publishAs(mo, await scene.data());
    expect(published.errors).toBeUndefined();
    expect(published.userErrors).toEqual([]);
    expect(published.contract).toMatchObject({
      emaid,
      pcid: scene.car.pcid,
      providerId: 'DEABC',
      isDefault: true,
      createdAt: start.toISOString(),
      updatedAt: start.toISOString(),
    });
    expect(await harness.events()).toEqual([
      {
        type: 'OEM_CONTRACT_CREATED',
        facts: {
          emaid,
          emaidKey: emaid,
          pcid: scene.car.pcid,
          pcidKey: scene.car.pcid.toUpperCase(),
          wmi: 'WCG',
          providerId: 'DEABC',
          namespaces: ['ISO15118_2'],
        },
      },
    ]);
  });

  it('asks the other pools as a service of its own, within the deadline and one hop further', async () => {
    await scene.publishAs(mo, await scene.data());
    expect(harness.pools.calls.map(({ field }) => field).sort()).toEqual([
      'provisioningCertificate',
      'rootCertificates',
    ]);
    for (const { context } of harness.pools.calls) {
      expect([...context.caller.roles]).toEqual(['SERVICE']);
      expect(context).toMatchObject({ hops: 1, traceId: 'test-trace' });
    }
  });

  it('reads every page of the root pool', async () => {
    harness.pools.pageSize = 1;
    expect((await scene.publishAs(mo, await scene.data())).userErrors).toEqual([]);
    expect(harness.pools.calls.filter(({ field }) => field === 'rootCertificates')).toHaveLength(3);
  });

  it('stores the message byte for byte but for the session id, which becomes 00', async () => {
    const message = await makeSignedData(scene.pki, {
      car: scene.car,
      emaid,
      sessionId: Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2),
    });
    await scene.publishAs(mo, base64(encodeMessage(message)));
    const { data: result } = await harness.run(mo, readContract, { emaid });
    const contract = result?.['contract'] as { signedData: { exi: string }[] };
    const expected = encodeMessage({
      ...message,
      header: { ...message.header, sessionId: Uint8Array.of(0) },
    });
    expect(contract.signedData.map(({ exi }) => exi)).toEqual([base64(expected)]);
  });

  it('changes nothing and tells nobody when the same content comes again, whatever its session id', async () => {
    const message = await makeSignedData(scene.pki, { car: scene.car, emaid });
    await scene.publishAs(mo, base64(encodeMessage(message)));
    const before = await harness.snapshot();
    harness.clock.advance(1_000);
    const again = await scene.publishAs(mo, base64(encodeMessage(message)));
    const sessionId = Uint8Array.of(1, 2, 3);
    const other = encodeMessage({ ...message, header: { ...message.header, sessionId } });
    const withTrailingOctet = base64(Uint8Array.of(...other, 0));
    const third = await scene.publishAs(mo, withTrailingOctet);
    expect([again.userErrors, third.userErrors]).toEqual([[], []]);
    expect(third.contract).toMatchObject({ updatedAt: start.toISOString(), isDefault: true });
    expect(await harness.snapshot()).toEqual(before);
  });

  it('overwrites the variant of the same V2G root when the content is new', async () => {
    await scene.publishAs(mo, await scene.data());
    harness.clock.advance(1_000);
    const renewed = await scene.publishAs(mo, await scene.data());
    expect(renewed.contract).toMatchObject({
      isDefault: true,
      createdAt: start.toISOString(),
      updatedAt: new Date(start.getTime() + 1_000).toISOString(),
    });
    const { data: result } = await harness.run(mo, readContract, { emaid });
    expect((result?.['contract'] as { signedData: object[] }).signedData).toHaveLength(1);
    expect((await harness.events()).map(({ type }) => type)).toEqual([
      'OEM_CONTRACT_CREATED',
      'OEM_CONTRACT_UPDATED',
    ]);
  });

  it('keeps one variant per V2G root', async () => {
    harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
    await scene.publishAs(mo, await scene.data());
    await scene.publishAs(mo, await scene.data({ signer: scene.otherPki.cps }));
    const { data: result } = await harness.run(mo, readContract, { emaid });
    expect((result?.['contract'] as { signedData: object[] }).signedData).toHaveLength(2);
  });

  it('takes EMAIDs that differ in the check digit alone for one contract', async () => {
    await scene.publishAs(mo, await scene.data({ emaid: `${emaid}0`, commonName: emaid }));
    expect(
      (await scene.publishAs(mo, await scene.data({ commonName: 'DE-ABC-C00000001' }))).userErrors,
    ).toEqual([]);
    const { data: result } = await harness.run(mo, readContract, { emaid: 'de-abc-c00000001-7' });
    expect(result?.['contract']).toMatchObject({ emaid });
    expect((await harness.snapshot()) as object).toMatchObject({ contracts: [{ emaid_key: emaid }] });
  });

  it('accepts a contract of the V2G PKI and one that begins later', async () => {
    const later = await scene.data({ contractCas: scene.pki.v2gMo, notBefore: inDays(30) });
    expect((await scene.publishAs(mo, later)).userErrors).toEqual([]);
  });

  it('refuses an EMAID that is another car’s contract and changes nothing', async () => {
    await scene.publishAs(mo, await scene.data());
    const before = await harness.snapshot();
    const refused = await scene.publishAs(mo, await scene.data({ car: scene.otherCar }), scene.otherCar.pcid);
    expect(refused.userErrors).toEqual([
      {
        message: 'Invalid Tupple - EMAID is already used by other PCID.',
        path: ['input', 'pcid'],
        code: 'EMAID_IN_USE',
      },
    ]);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('lets nobody add contracts of a foreign provider id', async () => {
    const signed = await scene.data();
    for (const caller of [otherMo, service, callerWith(['MO_V2G_PKI'])]) {
      const { errors } = await scene.publishAs(caller, signed);
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('lets a provisioning service add any contract, and a service those of the MO it acts for', async () => {
    const signed = await scene.data();
    expect((await scene.publishAs(cps, signed)).userErrors).toEqual([]);
    expect((await scene.publishAs(cpsForMo, signed)).userErrors).toEqual([]);
  });

  it('refuses roles that may not add contracts', async () => {
    const signed = await scene.data();
    for (const caller of [oem, operator, callerWith(['CPO'])]) {
      const { errors } = await scene.publishAs(caller, signed);
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('leaves a second contract of a car without being the default', async () => {
    await scene.publishAs(mo, await scene.data());
    const second = await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000002' }));
    expect(second.contract).toMatchObject({ isDefault: false });
  });

  it('makes no other contract the default when the default is deleted, but the next one of a car without any', async () => {
    await scene.publishAs(mo, await scene.data());
    await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000002' }));
    await harness.run(mo, remove, { input: { emaid } });
    expect((await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000003' }))).contract).toMatchObject(
      {
        isDefault: false,
      },
    );
    expect((await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000002' }))).contract).toMatchObject(
      {
        isDefault: false,
      },
    );
    for (const id of ['DEABCC00000002', 'DEABCC00000003'])
      await harness.run(mo, remove, { input: { emaid: id } });
    expect((await scene.publishAs(mo, await scene.data({ emaid: 'DEABCC00000004' }))).contract).toMatchObject(
      {
        isDefault: true,
      },
    );
  });
});
