import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  contractKeyFits,
  encodeMessage,
  unwrapContractKey,
  verifyMessageSignature,
} from '@chargegraph/iso15118';
import { mo, oem } from './testing/callers.ts';
import { expectRefusal } from './testing/expect-refusal.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { readContract, remove } from './testing/operations.ts';
import { emaid, responseOf, startScene, type Scene } from './testing/scene.ts';
import { makeRequest, rootIdOf } from './testing/world.ts';

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

describe('requestCertificateInstallation', () => {
  it('delivers the default contract with the request’s session id, and the car can use it', async () => {
    await scene.publishData();
    const answer = await scene.request(await scene.askForV2g());
    expect(answer).toMatchObject({ outcome: 'DELIVERED', emaid, reason: null, userErrors: [] });
    const message = responseOf(answer);
    expect([...message.header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(
      verifyMessageSignature(message, message.body.saProvisioningCertificateChain.certificate).valid,
    ).toBe(true);
    const key = unwrapContractKey({
      encryptedPrivateKey: message.body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: message.body.dhPublicKey.value,
      oemPrivateKey: scene.car.privateKey,
    });
    expect(contractKeyFits(key, message.body.contractSignatureCertChain.certificate)).toBe(true);
  });

  it.each([0, 1, 8])('puts a session id of %i octets into the stored answer', async (length) => {
    await scene.publishData();
    const sessionId = new Uint8Array(length).fill(7);
    const roots = [rootIdOf(scene.pki.v2gRoot.certificate)];
    expect(
      responseOf(await scene.request(await ask(scene.car, roots, { sessionId }))).header.sessionId,
    ).toEqual(sessionId);
  });

  it('asks for the car and for the roots that are known, once each', async () => {
    await scene.publishData();
    harness.pools.calls.length = 0;
    await scene.request(await scene.askForV2g());
    expect(harness.pools.calls.map(({ field }) => field).sort()).toEqual([
      'provisioningCertificate',
      'rootCertificates',
    ]);
  });

  it('matches roots by serial number and by name as a set of attributes, spelt in any way', async () => {
    await scene.publishData();
    const { subject, serialNumber } = scene.pki.v2gRoot.certificate;
    const reordered = subject.split(',').reverse().join(', ').toLowerCase();
    const answer = await scene.request(
      await ask(scene.car, [{ x509IssuerName: reordered, x509SerialNumber: serialNumber }]),
    );
    expect(answer.outcome).toBe('DELIVERED');
  });

  it('gives the variant whose root the car lists', async () => {
    harness.pools.roots.push({ type: 'V2G', certificate: scene.otherPki.v2gRoot.certificate });
    await scene.publishData();
    await scene.publishData({ signer: scene.otherPki.cps });
    const unlisted = { x509IssuerName: 'CN=Somebody', x509SerialNumber: -5n };
    const answer = await scene.request(
      await ask(scene.car, [unlisted, rootIdOf(scene.otherPki.v2gRoot.certificate)]),
    );
    const { certificate } = responseOf(answer).body.saProvisioningCertificateChain;
    expect(Buffer.compare(certificate, scene.otherPki.cps.leaf.certificate.der)).toBe(0);
  });

  it('gives a car that lists no root of its contract none', async () => {
    await scene.publishData();
    const answer = await scene.request(await ask(scene.car, [rootIdOf(scene.otherPki.v2gRoot.certificate)]));
    expectRefusal(answer, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', /any V2G root that the car lists/);
  });

  it('never gives another contract in place of the default', async () => {
    await scene.publishData();
    await scene.publishData({ emaid: 'DEABCC00000002' });
    await harness.run(mo, remove, { input: { emaid } });
    const answer = await scene.request(await scene.askForV2g());
    expectRefusal(answer, 'NO_CONTRACT', 'FAILED_NoCertificateAvailable', /no contract to install/);
  });

  it('gives a contract that has not begun only once it has', async () => {
    await scene.publishData({ notBefore: inDays(30) });
    expectRefusal(
      await scene.request(await scene.askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /begins on/,
    );
    harness.clock.set(inDays(30));
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
  });

  it('gives no contract whose own chain or whose provisioning service’s has ended', async () => {
    await scene.publishData({ notAfter: inDays(10) });
    harness.clock.set(inDays(10));
    expectRefusal(
      await scene.request(await scene.askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /ended on/,
    );
    harness.clock.set(start);
    await scene.publishData({ notAfter: inDays(365) });
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
    // The provisioning service's leaf lives for 90 days.
    harness.clock.set(inDays(90));
    expectRefusal(
      await scene.request(await scene.askForV2g()),
      'NO_CONTRACT',
      'FAILED_NoCertificateAvailable',
      /ended on/,
    );
  });

  it('gives no contract of which a root was removed since, and marks it', async () => {
    const verdict = async () => {
      const { data } = await harness.run(mo, readContract, { emaid });
      return (data?.['contract'] as { signedData: [{ verdict: unknown }] }).signedData[0].verdict;
    };
    await scene.publishData();
    const { roots } = harness.pools;
    for (const gone of ['V2G', 'MO'] as const) {
      const index = roots.findIndex(({ type }) => type === gone);
      const [removed] = roots.splice(index, 1);
      expect(await verdict()).toMatchObject({
        status: 'INVALID_CHAIN',
        reasons: [expect.stringMatching(/^The root pool does not hold the root .*Demo (V2G|MO) Root CA/)],
      });
      expectRefusal(
        await scene.request(await scene.askForV2g()),
        'NO_CONTRACT',
        'FAILED_NoCertificateAvailable',
        /no longer in the root certificate pool/,
      );
      if (removed !== undefined) roots.push(removed);
    }
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
    expect(await verdict()).toMatchObject({ status: 'VALID', reasons: [] });
  });

  it('lists the one contract with nothing after it', async () => {
    await scene.publishData();
    const { contracts, certificateInstallationRes } = await scene.request(await scene.askForV2g());
    expect(contracts).toEqual([{ emaid, certificateInstallationRes, remaining: 0 }]);
  });

  it('answers a car maker for its own cars', async () => {
    await scene.publishData();
    expect((await scene.request(await scene.askForV2g(), oem)).outcome).toBe('DELIVERED');
  });

  it('changes nothing, whatever it answers', async () => {
    await scene.publishData();
    const before = await harness.snapshot();
    await scene.request(await scene.askForV2g());
    await scene.request(Uint8Array.of(1));
    expect(await harness.snapshot()).toEqual(before);
  });
});
