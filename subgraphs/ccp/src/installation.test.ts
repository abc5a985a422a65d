import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  contractKeyFits,
  decodeMessage,
  encodeMessage,
  unwrapContractKey,
  verifyMessageSignature,
  type CertificateInstallationReq,
  type CertificateInstallationRes,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { issueProvisioningCertificate, type DemoPki } from '@chargegraph/pki';
import type { Caller } from '@chargegraph/identity';
import { callerWith, cpo, mo, oem, operator, otherOem } from './testing/callers.ts';
import { inDays, start, startHarness, type Harness } from './testing/harness.ts';
import { install, publish, remove } from './testing/operations.ts';
import {
  base64,
  fillPools,
  makeCar,
  makePki,
  makeRequest,
  rootIdOf,
  signedDataOf,
  strangeKey,
  type Car,
  type DataRequest,
} from './testing/world.ts';

const emaid = 'DEABCC00000001';
let harness: Harness;
let pki: DemoPki;
let otherPki: DemoPki;
let car: Car;

beforeAll(async () => {
  [harness, pki, otherPki] = await Promise.all([startHarness(), makePki(), makePki()]);
  car = await makeCar(pki, 'WCGTEST0000000001', inDays(3_000));
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.reset();
  fillPools(harness.pools, pki, car);
});

async function publishData(request: Partial<DataRequest> = {}): Promise<void> {
  const signedContractData = await signedDataOf(pki, { car, emaid, ...request });
  const { data } = await harness.run(mo, publish, { input: { signedContractData, pcid: car.pcid } });
  expect(data?.['publishContract']).toMatchObject({ userErrors: [] });
}

interface Payload {
  readonly certificateInstallationRes: string | null;
  readonly outcome: string | null;
  readonly emaid: string | null;
  readonly reason: string | null;
  readonly userErrors: readonly object[];
}

async function request(octets: Uint8Array, caller: Caller = cpo): Promise<Payload> {
  const input = { certificateInstallationReq: base64(octets) };
  const { data, errors } = await harness.run(caller, install, { input });
  expect(errors).toBeUndefined();
  return data?.['requestCertificateInstallation'] as Payload;
}

const ask = async (...parameters: Parameters<typeof makeRequest>) =>
  encodeMessage(await makeRequest(...parameters));
const askForV2g = (asking: Parameters<typeof makeRequest>[0] = car) =>
  ask(asking, [rootIdOf(pki.v2gRoot.certificate)]);

function responseOf({ certificateInstallationRes }: Payload): Iso2Message<CertificateInstallationRes> {
  const message = decodeMessage(Buffer.from(certificateInstallationRes ?? '', 'base64'));
  if (message.body.type !== 'CertificateInstallationRes') throw new Error(message.body.type);
  return { ...message, body: message.body };
}

function expectRefusal(payload: Payload, outcome: string, responseCode: string, reason: RegExp): void {
  expect(payload).toMatchObject({ outcome, emaid: null, userErrors: [] });
  expect(payload.reason).toMatch(reason);
  const { header, body } = responseOf(payload);
  expect(body.responseCode).toBe(responseCode);
  expect(header.signature).toBeUndefined();
  expect([...header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
}

const unknownCar = /^No car with this provisioning certificate is known\.$/;

describe('requestCertificateInstallation', () => {
  it('delivers the default contract with the request’s session id, and the car can use it', async () => {
    await publishData();
    const answer = await request(await askForV2g());
    expect(answer).toMatchObject({ outcome: 'DELIVERED', emaid, reason: null, userErrors: [] });
    const message = responseOf(answer);
    expect([...message.header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(
      verifyMessageSignature(message, message.body.saProvisioningCertificateChain.certificate).valid,
    ).toBe(true);
    const key = unwrapContractKey({
      encryptedPrivateKey: message.body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: message.body.dhPublicKey.value,
      oemPrivateKey: car.privateKey,
    });
    expect(contractKeyFits(key, message.body.contractSignatureCertChain.certificate)).toBe(true);
  });

  it.each([0, 1, 8])('puts a session id of %i octets into the stored answer', async (length) => {
    await publishData();
    const sessionId = new Uint8Array(length).fill(7);
    const roots = [rootIdOf(pki.v2gRoot.certificate)];
    expect(responseOf(await request(await ask(car, roots, { sessionId }))).header.sessionId).toEqual(
      sessionId,
    );
  });

  it('asks the graph once, and the root pool not at all', async () => {
    await publishData();
    harness.pools.calls.length = 0;
    await request(await askForV2g());
    expect(harness.pools.calls.map(({ field }) => field)).toEqual(['provisioningCertificate']);
  });

  it('matches roots by serial number and by name as a set of attributes, spelt in any way', async () => {
    await publishData();
    const { subject, serialNumber } = pki.v2gRoot.certificate;
    const reordered = subject.split(',').reverse().join(', ').toLowerCase();
    const answer = await request(
      await ask(car, [{ x509IssuerName: reordered, x509SerialNumber: serialNumber }]),
    );
    expect(answer.outcome).toBe('DELIVERED');
  });

  it('gives the variant whose root the car lists', async () => {
    harness.pools.roots.push({ type: 'V2G', certificate: otherPki.v2gRoot.certificate });
    await publishData();
    await publishData({ signer: otherPki.cps });
    const unlisted = { x509IssuerName: 'CN=Somebody', x509SerialNumber: -5n };
    const answer = await request(await ask(car, [unlisted, rootIdOf(otherPki.v2gRoot.certificate)]));
    const { certificate } = responseOf(answer).body.saProvisioningCertificateChain;
    expect(Buffer.compare(certificate, otherPki.cps.leaf.certificate.der)).toBe(0);
  });

  it('gives a car that lists no root of its contract none', async () => {
    await publishData();
    const answer = await request(await ask(car, [rootIdOf(otherPki.v2gRoot.certificate)]));
    expectRefusal(answer, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', /any V2G root that the car lists/);
  });

  it('never gives another contract in place of the default', async () => {
    await publishData();
    await publishData({ emaid: 'DEABCC00000002' });
    await harness.run(mo, remove, { input: { emaid } });
    const answer = await request(await askForV2g());
    expectRefusal(answer, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', /no contract to install/);
  });

  it('gives a contract that has not begun only once it has', async () => {
    await publishData({ notBefore: inDays(30) });
    expectRefusal(
      await request(await askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /begins on/,
    );
    harness.clock.set(inDays(30));
    expect((await request(await askForV2g())).outcome).toBe('DELIVERED');
  });

  it('gives no contract whose own chain or whose provisioning service’s has ended', async () => {
    await publishData({ notAfter: inDays(10) });
    harness.clock.set(inDays(10));
    expectRefusal(
      await request(await askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /ended on/,
    );
    harness.clock.set(start);
    await publishData({ notAfter: inDays(365) });
    expect((await request(await askForV2g())).outcome).toBe('DELIVERED');
    // The provisioning service's leaf lives for 90 days.
    harness.clock.set(inDays(90));
    expectRefusal(
      await request(await askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /ended on/,
    );
  });

  it('answers for a car that is unknown, and alike for a foreign car of a car maker', async () => {
    await publishData();
    const foreign = await request(await askForV2g(), otherOem);
    harness.pools.cars.clear();
    const absent = await request(await askForV2g(), otherOem);
    expectRefusal(absent, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', unknownCar);
    expect(foreign).toEqual(absent);
    expectRefusal(
      await request(await askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      unknownCar,
    );
  });

  it('answers a car maker for its own cars', async () => {
    await publishData();
    expect((await request(await askForV2g(), oem)).outcome).toBe('DELIVERED');
  });

  it('refuses a certificate with another key than the pool has for the car, be it well issued', async () => {
    await publishData();
    const twin = await makeCar(pki, car.pcid);
    expectRefusal(
      await request(await askForV2g(twin)),
      'CHAIN_ERROR',
      'FAILED_CertChainError',
      /another key/,
    );
  });

  it('accepts another certificate of the same key, unless it chains elsewhere', async () => {
    await publishData();
    const { publicKey } = car.certificate;
    const { pcid, privateKey } = car;
    const renewed = await issueProvisioningCertificate(pki, { pcid, publicKey });
    const foreign = await issueProvisioningCertificate(otherPki, { pcid, publicKey });
    expect((await request(await askForV2g({ ...renewed, privateKey }))).outcome).toBe('DELIVERED');
    const refused = await request(await askForV2g({ ...foreign, privateKey }));
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /./);
  });

  it('refuses a car whose root the root pool no longer holds', async () => {
    await publishData();
    harness.pools.roots.length = 0;
    const refused = await request(await askForV2g());
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /not in the root certificate pool/);
  });

  it('refuses a certificate that has ended, before it looks at the signature', async () => {
    await publishData();
    harness.clock.set(inDays(3_000));
    const octets = await ask(car, [rootIdOf(pki.v2gRoot.certificate)], { signingKey: strangeKey() });
    expectRefusal(await request(octets), 'EXPIRED', 'FAILED_CertificateExpired', /has ended/);
  });

  it('refuses a certificate that is not valid yet', async () => {
    await publishData();
    const { pcid, privateKey, certificate } = car;
    const { publicKey } = certificate;
    const early = await issueProvisioningCertificate(pki, { pcid, publicKey, notBefore: inDays(1) });
    const refused = await request(await askForV2g({ ...early, privateKey }));
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /not valid yet/);
  });

  it('refuses a certificate that cannot be read, and one that names no car', async () => {
    const message = await makeRequest(car, [rootIdOf(pki.v2gRoot.certificate)]);
    const unreadable = { ...message, body: { ...message.body, oemProvisioningCert: Uint8Array.of(1, 2, 3) } };
    expectRefusal(
      await request(encodeMessage(unreadable)),
      'CHAIN_ERROR',
      'FAILED_CertChainError',
      /cannot be read/,
    );
    const leaf = await issueProvisioningCertificate(pki, { pcid: 'short' });
    expectRefusal(
      await request(await askForV2g(leaf)),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      unknownCar,
    );
  });

  type Request = Iso2Message<CertificateInstallationReq>;
  const tamperings: [string, (message: Request) => Request][] = [
    [
      'list of roots',
      (message) => ({
        ...message,
        body: { ...message.body, listOfRootCertificateIDs: [rootIdOf(otherPki.v2gRoot.certificate)] },
      }),
    ],
    ['Id', (message) => ({ ...message, body: { ...message.body, id: 'ID2' } })],
    ['signature', ({ body, header: { sessionId } }) => ({ body, header: { sessionId } })],
  ];
  it.each(tamperings)('refuses a request whose %s was changed or removed', async (_, tamper) => {
    await publishData();
    const octets = encodeMessage(tamper(await makeRequest(car, [rootIdOf(pki.v2gRoot.certificate)])));
    expectRefusal(
      await request(octets),
      'SIGNATURE_ERROR',
      'FAILED_SignatureError',
      /signature does not hold/,
    );
  });

  it('refuses a request that another key signed', async () => {
    await publishData();
    const octets = await ask(car, [rootIdOf(pki.v2gRoot.certificate)], { signingKey: strangeKey() });
    expectRefusal(
      await request(octets),
      'SIGNATURE_ERROR',
      'FAILED_SignatureError',
      /signature does not hold/,
    );
  });

  const unreadable: [string, () => Promise<Uint8Array> | Uint8Array, RegExp][] = [
    ['octets that are no EXI', () => Uint8Array.of(1, 2, 3), /^EXI format is invalid!$/],
    ['nothing', () => new Uint8Array(0), /^EXI format is invalid!$/],
    ['a truncated request', async () => (await askForV2g()).subarray(0, 200), /^EXI format is invalid!$/],
    ['a request of ISO 15118-20', () => Uint8Array.of(0x80, 0x1c, 0), /-20 are not supported yet/],
    [
      'a response',
      async () => Buffer.from(await signedDataOf(pki, { car, emaid }), 'base64'),
      /is a CertificateInstallationRes, not a CertificateInstallationReq/,
    ],
  ];
  it.each(unreadable)('cannot read %s', async (_, octets, message) => {
    expect(await request(await octets())).toEqual({
      certificateInstallationRes: null,
      outcome: null,
      emaid: null,
      reason: null,
      userErrors: [
        {
          code: 'EXI_INVALID',
          message: expect.stringMatching(message) as string,
          path: ['input', 'certificateInstallationReq'],
        },
      ],
    });
  });

  it('refuses roles that may not ask for installations', async () => {
    const input = { certificateInstallationReq: base64(await askForV2g()) };
    for (const caller of [mo, operator, callerWith(['CPS']), callerWith([])]) {
      const { errors } = await harness.run(caller, install, { input });
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
  });

  it('changes nothing, whatever it answers', async () => {
    await publishData();
    const before = await harness.snapshot();
    await request(await askForV2g());
    await request(Uint8Array.of(1));
    expect(await harness.snapshot()).toEqual(before);
  });
});
