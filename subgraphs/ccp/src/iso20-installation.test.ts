import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  encodeIso20Message,
  type Iso20CertificateInstallationReq,
  type Iso20Message,
} from '@chargegraph/iso15118';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { mo, oem, otherOem } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { iso20ResponseOf } from './testing/iso20-car.ts';
import { expectIso20Refusal, longEmaid, startIso20Scene, type Iso20Scene } from './testing/iso20-scene.ts';
import { makeIso20Request } from './testing/iso20-world.ts';
import { remove } from './testing/operations.ts';
import { emaid } from './testing/scene.ts';
import { makeCar, rootIdOf } from './testing/world.ts';

let harness: Harness;
let scene: Iso20Scene;

beforeAll(async () => {
  scene = await startIso20Scene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

const nth = (index: number) => `DEABCC0000000${String(index)}`;

/** Publishes contracts 1 to n, a second apart; the first becomes the default. */
async function publishContracts(count: number): Promise<void> {
  for (let index = 1; index <= count; index++) {
    harness.clock.set(new Date(start.getTime() + index * 1_000));
    await scene.publishData20({ emaid: nth(index) });
  }
}

describe('requestCertificateInstallation of ISO 15118-20', () => {
  it('delivers a contract in the car’s session with the time of now, and the car can use it', async () => {
    await scene.publishData20();
    harness.clock.set(inDays(1));
    const answer = await scene.request20();
    expect(answer).toMatchObject({ outcome: 'DELIVERED', emaid: longEmaid, reason: null, userErrors: [] });
    expect(scene.installed(answer)).toEqual([
      {
        emaid: longEmaid,
        remaining: 0,
        sessionId: [1, 2, 3, 4, 5, 6, 7, 8],
        timeStamp: BigInt(inDays(1).getTime() / 1_000),
      },
    ]);
    expect(answer.certificateInstallationRes).toBe(answer.contracts[0]?.certificateInstallationRes);
  });

  it('gives several contracts in messages of their own, counting down, the default first', async () => {
    await publishContracts(3);
    const answer = await scene.request20();
    expect(answer.contracts.map((each) => [each.emaid, each.remaining])).toEqual([
      [nth(1), 2],
      [nth(2), 1],
      [nth(3), 0],
    ]);
    expect(scene.installed(answer).map((each) => [each.emaid, each.remaining])).toEqual([
      [nth(1), 2],
      [nth(2), 1],
      [nth(3), 0],
    ]);
    expect(answer.emaid).toBe(nth(1));
  });

  it('keeps to the car’s maximum and gives what it wants first', async () => {
    await publishContracts(4);
    const answer = await scene.request20({ maximum: 3, prioritized: [nth(4), nth(3)] });
    expect(scene.installed(answer).map((each) => [each.emaid, each.remaining])).toEqual([
      [nth(4), 2],
      [nth(3), 1],
      [nth(1), 0],
    ]);
  });

  it('gives other contracts when the default is gone, unlike ISO 15118-2', async () => {
    await publishContracts(2);
    await harness.run(mo, remove, { input: { emaid: nth(1) } });
    expect(scene.installed(await scene.request20()).map((each) => each.emaid)).toEqual([nth(2)]);
  });

  it('tells the generations of one car apart', async () => {
    await scene.publishData();
    expectIso20Refusal(
      await scene.request20(),
      'NO_CONTRACT',
      'WARNING_NoContractMatchingPCIDFound',
      /no contract to install/,
    );
    await scene.publishData20();
    expect((await scene.request20()).emaid).toBe(longEmaid);
    expect((await scene.request(await scene.askForV2g())).emaid).toBe(emaid);
  });

  it('believes the EXI and not what the caller declares', async () => {
    await scene.publishData20();
    const octets = await scene.ask20();
    for (const declared of ['ISO15118_2', 'ISO15118_20', undefined]) {
      expect((await scene.request(octets, undefined, declared)).outcome).toBe('DELIVERED');
    }
  });

  it('answers a car maker for its own cars, and alike for a foreign and an absent one', async () => {
    await scene.publishData20();
    expect((await scene.request20({}, oem)).outcome).toBe('DELIVERED');
    const foreign = await scene.request20({}, otherOem);
    harness.pools.iso20Cars.clear();
    const absent = await scene.request20({}, otherOem);
    expectIso20Refusal(
      absent,
      'NO_CONTRACT',
      'WARNING_NoContractMatchingPCIDFound',
      /^No car with this provisioning certificate is known\.$/,
    );
    expect(foreign).toEqual(absent);
  });

  it('passes over contracts that are out of their dates or under roots that are gone or not listed', async () => {
    await scene.publishData20({ emaid: nth(1), notBefore: inDays(30) });
    await scene.publishData20({ emaid: nth(2), notAfter: inDays(10) });
    await scene.publishData20({ emaid: nth(3) });
    const given = async (roots = [rootIdOf(scene.pki20.v2gRoot.certificate)]) =>
      scene.installed(await scene.request20({ roots })).map((each) => each.emaid);
    expect(await given()).toEqual([nth(2), nth(3)]);
    harness.clock.set(inDays(10));
    expect(await given()).toEqual([nth(3)]);
    harness.clock.set(inDays(30));
    expect(await given()).toEqual([nth(1), nth(3)]);
    expectIso20Refusal(
      await scene.request20({ roots: [rootIdOf(scene.pki.v2gRoot.certificate)] }),
      'NO_CONTRACT',
      'WARNING_NoCertificateAvailable',
      /any V2G root that the car lists/,
    );
    const { roots } = harness.pools;
    const { fingerprint } = scene.pki20.moRoot.certificate;
    roots.splice(
      roots.findIndex(({ certificate }) => certificate.fingerprint === fingerprint),
      1,
    );
    expectIso20Refusal(
      await scene.request20(),
      'NO_CONTRACT',
      'WARNING_NoCertificateAvailable',
      /no longer in the root certificate pool/,
    );
  });

  it('gives a car that can take none none', async () => {
    await scene.publishData20();
    expectIso20Refusal(
      await scene.request20({ maximum: 0 }),
      'NO_CONTRACT',
      'WARNING_NoCertificateAvailable',
      /maximum is 0/,
    );
  });

  it('changes nothing, whatever it answers', async () => {
    await publishContracts(2);
    const before = await harness.snapshot();
    await scene.request20();
    await scene.request20({ maximum: 0 });
    expect(await harness.snapshot()).toEqual(before);
  });
});

describe('requestCertificateInstallation of ISO 15118-20 refuses', () => {
  it('a certificate with another key than the pool has for the car', async () => {
    await scene.publishData20();
    const twin = await makeCar(scene.pki20, scene.car20.pcid);
    expectIso20Refusal(
      await scene.request(await scene.ask20({}, twin)),
      'CHAIN_ERROR',
      'WARNING_CertificateValidationError',
      /another key/,
    );
  });

  it('a certificate of the right key that chains elsewhere, has ended or has not begun', async () => {
    await scene.publishData20();
    const { pcid, privateKey, certificate } = scene.car20;
    const { publicKey } = certificate;
    const foreign = await issueProvisioningCertificate(scene.otherPki20, { pcid, publicKey });
    expectIso20Refusal(
      await scene.request(await scene.ask20({}, { pcid, privateKey, ...foreign })),
      'CHAIN_ERROR',
      'WARNING_CertificateValidationError',
      /./,
    );
    const early = await issueProvisioningCertificate(scene.pki20, { pcid, publicKey, notBefore: inDays(1) });
    expectIso20Refusal(
      await scene.request(await scene.ask20({}, { pcid, privateKey, ...early })),
      'CHAIN_ERROR',
      'WARNING_CertificateNotYetValid',
      /not valid yet/,
    );
    harness.clock.set(inDays(3_000));
    expectIso20Refusal(await scene.request20(), 'EXPIRED', 'WARNING_CertificateExpired', /has ended/);
  });

  it('a certificate on the curve of ISO 15118-2, even if the pool holds it', async () => {
    const { car, pki } = scene;
    const found = harness.pools.cars.get(car.pcid.toUpperCase());
    if (found !== undefined) harness.pools.iso20Cars.set(car.pcid.toUpperCase(), found);
    const roots = [rootIdOf(pki.v2gRoot.certificate)];
    expectIso20Refusal(
      await scene.request(encodeIso20Message(await makeIso20Request(car, { roots }))),
      'CHAIN_ERROR',
      'WARNING_CertificateValidationError',
      /The key is P-256/,
    );
  });

  type Request = Iso20Message<Iso20CertificateInstallationReq>;
  const tamperings: [string, (message: Request) => Request][] = [
    [
      'Id',
      ({ header, body }) => ({
        header,
        body: {
          ...body,
          oemProvisioningCertificateChain: { ...body.oemProvisioningCertificateChain, id: 'ID2' },
        },
      }),
    ],
    [
      'chain',
      ({ header, body }) => ({
        header,
        body: {
          ...body,
          oemProvisioningCertificateChain: {
            ...body.oemProvisioningCertificateChain,
            subCertificates: [scene.pki20.oem.subCa2.certificate.der],
          },
        },
      }),
    ],
    [
      'signature',
      ({ header: { sessionId, timeStamp }, body }) => ({ header: { sessionId, timeStamp }, body }),
    ],
  ];
  it.each(tamperings)('a request whose %s was changed or removed', async (_, tamper) => {
    await scene.publishData20();
    const message = await makeIso20Request(scene.car20, {
      roots: [rootIdOf(scene.pki20.v2gRoot.certificate)],
    });
    expectIso20Refusal(
      await scene.request(encodeIso20Message(tamper(message))),
      'SIGNATURE_ERROR',
      'FAILED_SignatureError',
      /signature does not hold/,
    );
  });

  it('a request that another key signed, be it on P-521 or on P-256', async () => {
    await scene.publishData20();
    for (const namedCurve of ['P-521', 'P-256']) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      const answer = await scene.request20({ signingKey: privateKey });
      expectIso20Refusal(answer, 'SIGNATURE_ERROR', 'FAILED_SignatureError', /signature does not hold/);
      expect(iso20ResponseOf(answer.certificateInstallationRes).header.timeStamp).toBe(
        BigInt(start.getTime() / 1_000),
      );
    }
  });
});
