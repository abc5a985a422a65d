import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage, type CertificateInstallationReq, type Iso2Message } from '@chargegraph/iso15118';
import { issueCertificate, issueProvisioningCertificate } from '@chargegraph/pki';
import { callerWith, mo, operator, otherOem } from './testing/callers.ts';
import { expectRefusal } from './testing/expect-refusal.ts';
import { inDays, type Harness } from './testing/harness.ts';
import { install } from './testing/operations.ts';
import { startScene, type Scene } from './testing/scene.ts';
import { base64, makeCar, makeRequest, rootIdOf, strangeKey } from './testing/world.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

const ask = async (...parameters: Parameters<typeof makeRequest>) =>
  encodeMessage(await makeRequest(...parameters));

const unknownCar = /^No car with this provisioning certificate is known\.$/;

describe('requestCertificateInstallation refuses', () => {
  it('answers for a car that is unknown, and alike for a foreign car of a car maker', async () => {
    await scene.publishData();
    const foreign = await scene.request(await scene.askForV2g(), otherOem);
    harness.pools.cars.clear();
    const absent = await scene.request(await scene.askForV2g(), otherOem);
    expectRefusal(absent, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', unknownCar);
    expect(foreign).toEqual(absent);
    expectRefusal(
      await scene.request(await scene.askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      unknownCar,
    );
  });

  it('refuses a certificate with another key than the pool has for the scene.car, be it well issued', async () => {
    await scene.publishData();
    const twin = await makeCar(scene.pki, scene.car.pcid);
    expectRefusal(
      await scene.request(await scene.askForV2g(twin)),
      'CHAIN_ERROR',
      'FAILED_CertChainError',
      /another key/,
    );
  });

  it('accepts another certificate of the same key, unless it chains elsewhere', async () => {
    await scene.publishData();
    const { publicKey } = scene.car.certificate;
    const { pcid, privateKey } = scene.car;
    const renewed = await issueProvisioningCertificate(scene.pki, { pcid, publicKey });
    const foreign = await issueProvisioningCertificate(scene.otherPki, { pcid, publicKey });
    expect((await scene.request(await scene.askForV2g({ ...renewed, privateKey }))).outcome).toBe(
      'DELIVERED',
    );
    const refused = await scene.request(await scene.askForV2g({ ...foreign, privateKey }));
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /./);
  });

  it('refuses a car whose root the root pool no longer holds', async () => {
    await scene.publishData();
    harness.pools.roots.length = 0;
    const refused = await scene.request(await scene.askForV2g());
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /does not lead to a known root/);
  });

  it('refuses a certificate that has ended, before it looks at the signature', async () => {
    await scene.publishData();
    harness.clock.set(inDays(3_000));
    const octets = await ask(scene.car, [rootIdOf(scene.pki.v2gRoot.certificate)], {
      signingKey: strangeKey(),
    });
    expectRefusal(await scene.request(octets), 'EXPIRED', 'FAILED_CertificateExpired', /has ended/);
  });

  it('refuses a certificate below a sub-CA that has ended as one whose chain is broken', async () => {
    await scene.publishData();
    const { certificate: issuer, privateKey: signingKey } = scene.pki.oem.subCa2;
    const { pcid, privateKey } = scene.car;
    const certificate = await issueCertificate({
      subject: { commonName: pcid, domainComponent: 'OEM' },
      publicKey: scene.car.certificate.publicKey,
      issuer,
      signingKey,
      notBefore: issuer.notBefore,
      notAfter: new Date(issuer.notAfter.getTime() + 1_000),
      ca: false,
      keyUsage: ['digitalSignature', 'keyAgreement'],
    });
    harness.clock.set(issuer.notAfter);
    const refused = await scene.request(await scene.askForV2g({ certificate, privateKey }));
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /has expired/);
  });

  it('refuses a certificate that is not valid yet', async () => {
    await scene.publishData();
    const { pcid, privateKey, certificate } = scene.car;
    const { publicKey } = certificate;
    const early = await issueProvisioningCertificate(scene.pki, { pcid, publicKey, notBefore: inDays(1) });
    const refused = await scene.request(await scene.askForV2g({ ...early, privateKey }));
    expectRefusal(refused, 'CHAIN_ERROR', 'FAILED_CertChainError', /not valid yet/);
  });

  it('refuses a certificate that cannot be read, and one that names no car', async () => {
    const message = await makeRequest(scene.car, [rootIdOf(scene.pki.v2gRoot.certificate)]);
    const unreadable = { ...message, body: { ...message.body, oemProvisioningCert: Uint8Array.of(1, 2, 3) } };
    expectRefusal(
      await scene.request(encodeMessage(unreadable)),
      'CHAIN_ERROR',
      'FAILED_CertChainError',
      /cannot be read/,
    );
    const leaf = await issueProvisioningCertificate(scene.pki, { pcid: 'short' });
    expectRefusal(
      await scene.request(await scene.askForV2g(leaf)),
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
        body: { ...message.body, listOfRootCertificateIDs: [rootIdOf(scene.otherPki.v2gRoot.certificate)] },
      }),
    ],
    ['Id', (message) => ({ ...message, body: { ...message.body, id: 'ID2' } })],
    ['signature', ({ body, header: { sessionId } }) => ({ body, header: { sessionId } })],
  ];
  it.each(tamperings)('refuses a request whose %s was changed or removed', async (_, tamper) => {
    await scene.publishData();
    const octets = encodeMessage(
      tamper(await makeRequest(scene.car, [rootIdOf(scene.pki.v2gRoot.certificate)])),
    );
    expectRefusal(
      await scene.request(octets),
      'SIGNATURE_ERROR',
      'FAILED_SignatureError',
      /signature does not hold/,
    );
  });

  it('refuses a request that another key signed', async () => {
    await scene.publishData();
    const octets = await ask(scene.car, [rootIdOf(scene.pki.v2gRoot.certificate)], {
      signingKey: strangeKey(),
    });
    expectRefusal(
      await scene.request(octets),
      'SIGNATURE_ERROR',
      'FAILED_SignatureError',
      /signature does not hold/,
    );
  });

  const unreadable: [string, () => Promise<Uint8Array> | Uint8Array, RegExp][] = [
    ['octets that are no EXI', () => Uint8Array.of(1, 2, 3), /^EXI format is invalid!$/],
    ['nothing', () => new Uint8Array(0), /^EXI format is invalid!$/],
    [
      'a truncated request',
      async () => (await scene.askForV2g()).subarray(0, 200),
      /^EXI format is invalid!$/,
    ],
    [
      'the beginning of a request of ISO 15118-20',
      () => Uint8Array.of(0x80, 0x1c, 0),
      /^EXI format is invalid!$/,
    ],
    [
      'a response',
      async () => Buffer.from(await scene.data(), 'base64'),
      /is a CertificateInstallationRes, not a CertificateInstallationReq or a CertificateUpdateReq/,
    ],
  ];
  it.each(unreadable)('cannot read %s', async (_, octets, message) => {
    expect(await scene.request(await octets())).toEqual({
      certificateInstallationRes: null,
      outcome: null,
      emaid: null,
      contracts: [],
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
    const input = { certificateInstallationReq: base64(await scene.askForV2g()) };
    for (const caller of [mo, operator, callerWith(['CPS']), callerWith([])]) {
      const { errors } = await harness.run(caller, install, { input });
      expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    }
  });
});
