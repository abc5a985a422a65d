import { createToldChecker } from '@chargegraph/revocation/testing';
import { ManualClock } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal } from './testing/expect-refusal.ts';
import { day, start } from './testing/harness.ts';
import { startScene, type Scene } from './testing/scene.ts';
import { fillPools } from './testing/world.ts';

const checker = createToldChecker(new ManualClock(start));
const hour = 3_600_000;
let scene: Scene;
let request: Uint8Array;

beforeAll(async () => {
  scene = await startScene({
    revocation: { checker, policy: 'soft' },
    pki: { ocspUrl: 'http://responder.test' },
  });
  request = await scene.askForV2g();
});
afterAll(() => scene.harness.stop());
beforeEach(async () => {
  await scene.reset();
  await scene.publishData();
  // Whatever is kept of its certificates and chains is kept now.
  for (let asked = 0; asked < 3; asked++) {
    expect((await scene.request(request)).outcome).toBe('DELIVERED');
  }
});

describe('a car whose very request was answered before', () => {
  it('is refused once a root of its own is no longer held, and answered once it is again', async () => {
    const { pools } = scene.harness;
    pools.roots.splice(0, pools.roots.length, ...pools.roots.filter(({ type }) => type !== 'OEM'));
    expectRefusal(
      await scene.request(request),
      'CHAIN_ERROR',
      'FAILED_CertChainError',
      /does not lead to a known root/,
    );
    fillPools(pools, scene.pki, scene.car);
    expect((await scene.request(request)).outcome).toBe('DELIVERED');
  });

  it.each(['V2G', 'MO'] as const)(
    'is refused once a root %s of its contract is no longer held',
    async (gone) => {
      const { pools } = scene.harness;
      pools.roots.splice(0, pools.roots.length, ...pools.roots.filter(({ type }) => type !== gone));
      expectRefusal(
        await scene.request(request),
        'NO_CONTRACT',
        'FAILED_NoCertificateAvailable',
        /no longer in the root certificate pool/,
      );
    },
  );

  it('is refused once its contract, or its own certificate, has ended', async () => {
    const { clock } = scene.harness;
    clock.set(new Date(start.getTime() + 366 * day));
    expect((await scene.request(request)).outcome).toBe('NO_CONTRACT');
    clock.set(new Date(scene.car.certificate.notAfter.getTime() - 1));
    expect((await scene.request(request)).outcome).not.toBe('EXPIRED');
    clock.set(scene.car.certificate.notAfter);
    expect((await scene.request(request)).outcome).toBe('EXPIRED');
    clock.set(start);
    expect((await scene.request(request)).outcome).toBe('DELIVERED');
  });

  it('is refused once the pool has another key for it, or does not have it', async () => {
    const { cars } = scene.harness.pools;
    const key = scene.car.pcid.toUpperCase();
    const known = cars.get(key);
    if (known === undefined) throw new Error('The car is not there.');
    cars.set(key, { ...known, certificate: scene.otherCar.certificate });
    expect((await scene.request(request)).outcome).toBe('CHAIN_ERROR');
    cars.delete(key);
    expect((await scene.request(request)).outcome).toBe('NO_CONTRACT');
  });

  it('is refused with one octet of its certificate or of its signature changed', async () => {
    const { der } = scene.car.certificate;
    const at = Buffer.from(request).length;
    // The signature stands before the body, the certificate within it.
    for (const place of [Math.floor(at / 4), at - Math.floor(der.length / 2)]) {
      const changed = Uint8Array.from(request);
      changed[place] = (changed[place] ?? 0) ^ 0x10;
      expect((await scene.request(changed)).outcome).not.toBe('DELIVERED');
    }
    expect((await scene.request(request)).outcome).toBe('DELIVERED');
  });

  // At the end, for what is known to be revoked stays so.
  it('is refused once its certificate is revoked, as soon as that is asked about again', async () => {
    checker.tell(scene.car.certificate, { status: 'REVOKED' });
    // What was good holds for an hour.
    scene.harness.clock.advance(hour + 1);
    const refused = await scene.request(request);
    expectRefusal(refused, 'REVOKED', 'FAILED_CertificateRevoked', /has been revoked/);
  });
});
