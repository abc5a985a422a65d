import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  negativeCertificateInstallationRes,
  type CertificateInstallationRes,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { issueProvisioningCertificate, type DemoPki } from '@chargegraph/pki';
import { callerWith, cps, cpsForMo, mo, oem, operator, otherMo, service } from './testing/callers.ts';
import { inDays, start, startHarness, type Harness } from './testing/harness.ts';
import { publish, readContract, remove, update } from './testing/operations.ts';
import {
  base64,
  fillPools,
  makeCar,
  makePki,
  makeSignedData,
  signedDataOf,
  strangeKey,
  type Car,
  type DataRequest,
} from './testing/world.ts';

const emaid = 'DEABCC00000001';
const unchanged = { contracts: [], defaults: [], data: [], events: [] };

let harness: Harness;
let pki: DemoPki;
let otherPki: DemoPki;
let car: Car;
let otherCar: Car;

beforeAll(async () => {
  [harness, pki, otherPki] = await Promise.all([startHarness(), makePki(), makePki()]);
  [car, otherCar] = await Promise.all([makeCar(pki, 'wcgTEST0000000001'), makeCar(pki, 'WCGTEST0000000002')]);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.reset();
  fillPools(harness.pools, pki, car, otherCar);
});

const data = (request: Partial<DataRequest> = {}) => signedDataOf(pki, { car, emaid, ...request });

async function publishAs(caller: Parameters<Harness['run']>[0], signedContractData: string, pcid = car.pcid) {
  const { data: result, errors } = await harness.run(caller, publish, {
    input: { signedContractData, pcid },
  });
  return {
    errors,
    ...(result?.['publishContract'] as { contract: Record<string, unknown> | null; userErrors: object[] }),
  };
}

async function updateAs(caller: Parameters<Harness['run']>[0], signedContractData: string, id = emaid) {
  const { data: result, errors } = await harness.run(caller, update, {
    input: { signedContractData, emaid: id },
  });
  return {
    errors,
    ...(result?.['updateContract'] as { contract: Record<string, unknown> | null; userErrors: object[] }),
  };
}

describe('publishContract', () => {
  it('adds a contract as the default of a car that has none, with one event', async () => {
    const published = await publishAs(mo, await data());
    expect(published.errors).toBeUndefined();
    expect(published.userErrors).toEqual([]);
    expect(published.contract).toMatchObject({
      emaid,
      pcid: car.pcid,
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
          pcid: car.pcid,
          pcidKey: car.pcid.toUpperCase(),
          wmi: 'WCG',
          providerId: 'DEABC',
          namespaces: ['ISO15118_2'],
        },
      },
    ]);
  });

  it('asks the other pools as a service of its own, within the deadline and one hop further', async () => {
    await publishAs(mo, await data());
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
    expect((await publishAs(mo, await data())).userErrors).toEqual([]);
    expect(harness.pools.calls.filter(({ field }) => field === 'rootCertificates')).toHaveLength(2);
  });

  it('stores the message byte for byte but for the session id, which becomes 00', async () => {
    const message = await makeSignedData(pki, {
      car,
      emaid,
      sessionId: Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2),
    });
    await publishAs(mo, base64(encodeMessage(message)));
    const { data: result } = await harness.run(mo, readContract, { emaid });
    const contract = result?.['contract'] as { signedData: { exi: string }[] };
    const expected = encodeMessage({
      ...message,
      header: { ...message.header, sessionId: Uint8Array.of(0) },
    });
    expect(contract.signedData.map(({ exi }) => exi)).toEqual([base64(expected)]);
  });

  it('changes nothing and tells nobody when the same content comes again, whatever its session id', async () => {
    const message = await makeSignedData(pki, { car, emaid });
    await publishAs(mo, base64(encodeMessage(message)));
    const before = await harness.snapshot();
    harness.clock.advance(1_000);
    const again = await publishAs(mo, base64(encodeMessage(message)));
    const sessionId = Uint8Array.of(1, 2, 3);
    const other = encodeMessage({ ...message, header: { ...message.header, sessionId } });
    const withTrailingOctet = base64(Uint8Array.of(...other, 0));
    const third = await publishAs(mo, withTrailingOctet);
    expect([again.userErrors, third.userErrors]).toEqual([[], []]);
    expect(third.contract).toMatchObject({ updatedAt: start.toISOString(), isDefault: true });
    expect(await harness.snapshot()).toEqual(before);
  });

  it('overwrites the variant of the same V2G root when the content is new', async () => {
    await publishAs(mo, await data());
    harness.clock.advance(1_000);
    const renewed = await publishAs(mo, await data());
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
    harness.pools.roots.push({ type: 'V2G', certificate: otherPki.v2gRoot.certificate });
    await publishAs(mo, await data());
    await publishAs(mo, await data({ signer: otherPki.cps }));
    const { data: result } = await harness.run(mo, readContract, { emaid });
    expect((result?.['contract'] as { signedData: object[] }).signedData).toHaveLength(2);
  });

  it('takes EMAIDs that differ in the check digit alone for one contract', async () => {
    await publishAs(mo, await data({ emaid: `${emaid}0`, commonName: emaid }));
    expect((await publishAs(mo, await data({ commonName: 'DE-ABC-C00000001' }))).userErrors).toEqual([]);
    const { data: result } = await harness.run(mo, readContract, { emaid: 'de-abc-c00000001-7' });
    expect(result?.['contract']).toMatchObject({ emaid });
    expect((await harness.snapshot()) as object).toMatchObject({ contracts: [{ emaid_key: emaid }] });
  });

  it('accepts a contract of the V2G PKI and one that begins later', async () => {
    const later = await data({ contractCas: pki.v2gMo, notBefore: inDays(30) });
    expect((await publishAs(mo, later)).userErrors).toEqual([]);
  });

  it('refuses an EMAID that is another car’s contract and changes nothing', async () => {
    await publishAs(mo, await data());
    const before = await harness.snapshot();
    const refused = await publishAs(mo, await data({ car: otherCar }), otherCar.pcid);
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
    const signed = await data();
    for (const caller of [otherMo, service, callerWith(['MO_V2G_PKI'])]) {
      const { errors } = await publishAs(caller, signed);
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('lets a provisioning service add any contract, and a service those of the MO it acts for', async () => {
    const signed = await data();
    expect((await publishAs(cps, signed)).userErrors).toEqual([]);
    expect((await publishAs(cpsForMo, signed)).userErrors).toEqual([]);
  });

  it('refuses roles that may not add contracts', async () => {
    const signed = await data();
    for (const caller of [oem, operator, callerWith(['CPO'])]) {
      const { errors } = await publishAs(caller, signed);
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('refuses a car that the provisioning certificate pool does not know', async () => {
    harness.pools.cars.delete(car.pcid.toUpperCase());
    expect((await publishAs(mo, await data())).userErrors).toEqual([
      {
        message: 'The OEM provisioning certificate with the given PCID is not available.',
        path: ['input', 'pcid'],
        code: 'NOT_FOUND',
      },
    ]);
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('fails as a whole when the other pools do not answer', async () => {
    harness.pools.isDown = true;
    const { errors } = await publishAs(mo, await data());
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  const messages: [string, () => Promise<string> | string, string, RegExp][] = [
    ['octets that are no EXI', () => 'AAAA', 'EXI_INVALID', /^EXI format is invalid!$/],
    [
      'a truncated message',
      async () => base64(Buffer.from(await data(), 'base64').subarray(0, 900)),
      'EXI_INVALID',
      /^EXI format is invalid!$/,
    ],
    [
      'a message of ISO 15118-20',
      () => base64(Uint8Array.of(0x80, 0x20, 0, 0)),
      'EXI_INVALID',
      /-20 are not supported yet/,
    ],
    [
      'a negative response',
      () =>
        base64(
          encodeMessage(
            negativeCertificateInstallationRes({ sessionId: Uint8Array.of(0), responseCode: 'FAILED' }),
          ),
        ),
      'BAD_INPUT',
      /response code FAILED/,
    ],
    [
      'another eMAID than the contract certificate’s',
      () => data({ commonName: 'DEABCC00000002' }),
      'BAD_INPUT',
      /not the same contract/,
    ],
    [
      'a contract certificate whose name is no EMAID',
      () => data({ commonName: 'hello' }),
      'BAD_INPUT',
      /not the same contract/,
    ],
    [
      'a DH public key off the curve',
      () =>
        data({
          prepare: (e) => ({
            ...e,
            dhPublicKey: {
              ...e.dhPublicKey,
              value: Uint8Array.from({ length: 65 }, (_, i) => (i === 0 ? 4 : i)),
            },
          }),
        }),
      'BAD_INPUT',
      /DHpublickey/,
    ],
    [
      'an encrypted key of the wrong size',
      () =>
        data({
          prepare: (e) => ({
            ...e,
            contractSignatureEncryptedPrivateKey: { id: 'ID2', value: new Uint8Array(32) },
          }),
        }),
      'BAD_INPUT',
      /48 octets/,
    ],
    [
      'a signature by another key than the provisioning service’s',
      () => data({ signingKey: strangeKey() }),
      'SIGNATURE_INVALID',
      /signature/,
    ],
    [
      'a contract that has ended',
      () => data({ notBefore: new Date(start.getTime() - 60_000), notAfter: start }),
      'CERTIFICATE_EXPIRED',
      /expired/,
    ],
    [
      'a contract certificate issued under an OEM root',
      () => data({ contractCas: pki.oem }),
      'ROOT_UNKNOWN',
      /known root/,
    ],
  ];
  it.each(messages)('refuses %s and changes nothing', async (_, signed, code, message) => {
    const refused = await publishAs(mo, await signed());
    expect(refused.errors).toBeUndefined();
    expect(refused.contract).toBeNull();
    expect(refused.userErrors).toEqual([
      { code, message: expect.stringMatching(message) as string, path: ['input', 'signedContractData'] },
    ]);
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it.each(['V2G', 'MO'] as const)(
    'refuses a chain to a %s root that the root pool does not hold',
    async (missing) => {
      const { roots } = harness.pools;
      roots.splice(
        roots.findIndex(({ type }) => type === missing),
        1,
      );
      expect((await publishAs(mo, await data())).userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
      expect(await harness.snapshot()).toEqual(unchanged);
    },
  );

  it('refuses chains to roots that only have the names of those in the root pool', async () => {
    for (const request of [{ signer: otherPki.cps }, { contractCas: otherPki.mo }]) {
      const refused = await publishAs(mo, await data(request));
      expect(refused).toMatchObject({
        contract: null,
        userErrors: [{ path: ['input', 'signedContractData'] }],
      });
    }
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('refuses a provisioning service whose certificate has ended', async () => {
    harness.clock.set(inDays(100));
    expect((await publishAs(mo, await data())).userErrors).toMatchObject([{ code: 'CERTIFICATE_EXPIRED' }]);
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  type Body = CertificateInstallationRes;
  const flip = (octets: Uint8Array, at = octets.length - 1) =>
    octets.map((octet, index) => (index === at ? octet ^ 1 : octet));
  const tamperings: [string, (body: Body, other: Body) => Body][] = [
    [
      'contract certificate chain',
      (body, other) => ({ ...body, contractSignatureCertChain: other.contractSignatureCertChain }),
    ],
    [
      'encrypted private key',
      (body) => ({
        ...body,
        contractSignatureEncryptedPrivateKey: {
          id: 'ID2',
          value: flip(body.contractSignatureEncryptedPrivateKey.value),
        },
      }),
    ],
    ['DH public key', (body, other) => ({ ...body, dhPublicKey: other.dhPublicKey })],
    ['eMAID', (body) => ({ ...body, emaid: { id: 'ID4', value: `${emaid}7` } })],
  ];
  it.each(tamperings)('refuses data whose %s was changed after signing', async (_, tamper) => {
    const [message, other] = await Promise.all([
      makeSignedData(pki, { car, emaid }),
      makeSignedData(pki, { car, emaid }),
    ]);
    const changed: Iso2Message<Body> = { ...message, body: tamper(message.body, other.body) };
    const refused = await publishAs(mo, base64(encodeMessage(changed)));
    expect(refused.userErrors).toMatchObject([{ code: 'SIGNATURE_INVALID' }]);
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('refuses a signature value that was changed, and a message without signature', async () => {
    const { header, body } = await makeSignedData(pki, { car, emaid });
    const { signature, sessionId } = header;
    const changed = signature && { ...signature, signatureValue: flip(signature.signatureValue) };
    for (const message of [
      { header: { sessionId, ...(changed && { signature: changed }) }, body },
      { header: { sessionId }, body },
    ]) {
      const refused = await publishAs(mo, base64(encodeMessage(message)));
      expect(refused.userErrors).toMatchObject([{ code: 'SIGNATURE_INVALID' }]);
    }
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('refuses a request message where a response belongs', async () => {
    const message = decodeMessage(Buffer.from(await data(), 'base64'));
    const body = {
      type: 'CertificateInstallationReq' as const,
      id: 'ID1',
      oemProvisioningCert: car.certificate.der,
      listOfRootCertificateIDs: [{ x509IssuerName: 'CN=x', x509SerialNumber: 1n }],
    };
    const refused = await publishAs(mo, base64(encodeMessage({ ...message, body })));
    expect(refused.userErrors).toMatchObject([
      {
        code: 'EXI_INVALID',
        message: 'The message is a CertificateInstallationReq, not a CertificateInstallationRes.',
      },
    ]);
  });

  it('leaves a second contract of a car without being the default', async () => {
    await publishAs(mo, await data());
    const second = await publishAs(mo, await data({ emaid: 'DEABCC00000002' }));
    expect(second.contract).toMatchObject({ isDefault: false });
  });

  it('makes no other contract the default when the default is deleted, but the next one of a car without any', async () => {
    await publishAs(mo, await data());
    await publishAs(mo, await data({ emaid: 'DEABCC00000002' }));
    await harness.run(mo, remove, { input: { emaid } });
    expect((await publishAs(mo, await data({ emaid: 'DEABCC00000003' }))).contract).toMatchObject({
      isDefault: false,
    });
    expect((await publishAs(mo, await data({ emaid: 'DEABCC00000002' }))).contract).toMatchObject({
      isDefault: false,
    });
    for (const id of ['DEABCC00000002', 'DEABCC00000003'])
      await harness.run(mo, remove, { input: { emaid: id } });
    expect((await publishAs(mo, await data({ emaid: 'DEABCC00000004' }))).contract).toMatchObject({
      isDefault: true,
    });
  });
});

describe('updateContract', () => {
  it('replaces the data, keeps car and default, and tells it once', async () => {
    await publishAs(mo, await data());
    harness.clock.advance(1_000);
    const signed = await data();
    const updated = await updateAs(mo, signed, 'de-abc-c00000001');
    expect(updated.userErrors).toEqual([]);
    expect(updated.contract).toMatchObject({
      emaid,
      pcid: car.pcid,
      isDefault: true,
      createdAt: start.toISOString(),
    });
    await updateAs(mo, signed);
    expect((await harness.events()).map(({ type }) => type)).toEqual([
      'OEM_CONTRACT_CREATED',
      'OEM_CONTRACT_UPDATED',
    ]);
  });

  it('refuses a contract that the pool does not hold', async () => {
    const refused = await updateAs(mo, await data());
    expect(refused.userErrors).toEqual([
      { code: 'NOT_FOUND', message: 'There is no such contract.', path: ['input', 'emaid'] },
    ]);
    expect(await harness.snapshot()).toEqual(unchanged);
  });

  it('refuses data for another contract, and another operator’s contract', async () => {
    await publishAs(mo, await data());
    const before = await harness.snapshot();
    const signed = await data({ emaid: 'DEABCC00000002' });
    expect((await updateAs(mo, signed)).userErrors).toMatchObject([
      { code: 'BAD_INPUT', path: ['input', 'emaid'] },
    ]);
    const { errors } = await updateAs(otherMo, await data());
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    const refused = await harness.run(service, update, { input: { emaid, signedContractData: signed } });
    expect(refused.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect(await harness.snapshot()).toEqual(before);
  });

  it('refuses when the car has left the provisioning certificate pool', async () => {
    await publishAs(mo, await data());
    const before = await harness.snapshot();
    harness.pools.cars.clear();
    expect((await updateAs(mo, await data())).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect(await harness.snapshot()).toEqual(before);
  });
});

describe('at the same time', () => {
  it('leaves exactly one default of many contracts published for one car', async () => {
    const emaids = Array.from({ length: 8 }, (_, index) => `DEABCC0000001${String(index)}`);
    const signed = await Promise.all(emaids.map((id) => data({ emaid: id })));
    const results = await Promise.all(signed.map((exi) => publishAs(mo, exi)));
    expect(results.filter(({ contract }) => contract?.['isDefault'] === true)).toHaveLength(1);
    expect(await harness.events()).toHaveLength(8);
  });

  it('lets exactly one of two cars have an EMAID', async () => {
    for (let round = 0; round < 5; round++) {
      const id = `DEABCC0000002${String(round)}`;
      const [one, two] = await Promise.all([data({ emaid: id }), data({ emaid: id, car: otherCar })]);
      const results = await Promise.all([publishAs(mo, one), publishAs(mo, two, otherCar.pcid)]);
      expect(results.flatMap(({ userErrors }) => userErrors)).toMatchObject([{ code: 'EMAID_IN_USE' }]);
      expect(results.filter(({ contract }) => contract !== null)).toHaveLength(1);
    }
  });

  it('stores the same content once however often it comes', async () => {
    const signed = await data();
    const results = await Promise.all(Array.from({ length: 6 }, () => publishAs(mo, signed)));
    expect(results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await harness.events()).toHaveLength(1);
  });

  it('keeps log and rows in step while a contract is published and deleted', async () => {
    const signed = await data();
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0 ? publishAs(mo, signed) : harness.run(mo, remove, { input: { emaid } }),
      ),
    );
    const types = (await harness.events()).map(({ type }) => type);
    const alternating = types.map((_, index) =>
      index % 2 === 0 ? 'OEM_CONTRACT_CREATED' : 'OEM_CONTRACT_DELETED',
    );
    expect(types).toEqual(alternating);
    const { data: result } = await harness.run(mo, readContract, { emaid });
    expect(result?.['contract'] === null).toBe(types.at(-1) === 'OEM_CONTRACT_DELETED');
  });
});

it('refuses a car certificate in place of the provisioning service’s', async () => {
  const leaf = await issueProvisioningCertificate(pki, { pcid: car.pcid });
  const refused = await publishAs(mo, await data({ signer: { ...pki.oem, leaf } }));
  expect(refused.userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
  expect(await harness.snapshot()).toEqual(unchanged);
});
