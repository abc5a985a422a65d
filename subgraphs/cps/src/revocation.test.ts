import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Subgraph } from '@chargegraph/graph';
import { silentLogger } from '@chargegraph/service';
import {
  followRevocations,
  longestTransaction,
  usualTransaction,
  type FollowingRevocations,
} from './domain/follow-revocations.ts';
import { createRevocationSource } from './pools/revocation-source.ts';
import { createIssuedCertificateStore } from './store/issued-certificates.ts';
import { addCa } from './testing/generation.fixture.ts';
import { day, start } from './testing/harness.fixture.ts';
import { createRevocationScene, type RevocationScene } from './testing/revocation.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

let world: World;
let scene: RevocationScene;
const processes: Subgraph[] = [];

beforeAll(async () => {
  world = await startWorld();
  scene = createRevocationScene(world);
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  await world.reset();
  await addCa(world.harness, world.pki.mo);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.stop()));
});

const minute = 60_000;
const ago = (milliseconds: number) => new Date(world.harness.clock.now().getTime() - milliseconds);
const foreign = () => randomBytes(32).toString('hex');

/** The same following as the service's own, step by step. */
function following(change: Partial<FollowingRevocations> = {}): FollowingRevocations {
  const { pools, database, clock } = world.harness;
  return {
    source: createRevocationSource(pools.client),
    store: createIssuedCertificateStore(database),
    clock,
    logger: silentLogger,
    act: () => ({ clientId: 'cps', organisation: 'chargegraph', traceId: 'test' }),
    onRevoked: () => undefined,
    ...change,
  };
}

const follow = (overlap = longestTransaction) => followRevocations(following(), overlap);

const wants = (fingerprint: string, requestedAt = world.harness.clock.now()) =>
  world.harness.pools.toRevoke.push({ fingerprint, requestedAt });

describe('what the contract pool wants revoked', () => {
  it('is revoked when our CAs issued it, recorded, and passed over when they did not', async () => {
    const [kept, gone] = [await scene.issue(), await scene.issue()];
    await world.harness.forgetWrites();
    wants(foreign(), ago(1_000));
    wants(gone, ago(1_000));
    await world.harness.removed();
    await expect.poll(() => scene.revoked()).toHaveLength(1);
    expect(await scene.revoked()).toEqual([
      { fingerprint: gone, revoked_at: ago(1_000), revocation_reason: 'cessationOfOperation' },
    ]);
    expect(await world.harness.writes()).toMatchObject([
      { action: 'revokeDeletedContract', clientId: 'cps', organisation: 'chargegraph' },
    ]);
    await expect.poll(() => scene.listed()).toEqual([gone]);
    expect(kept).not.toBe(gone);
  });

  it('is revoked from now on when the other clock is ahead', async () => {
    wants(await scene.issue(), new Date(start.getTime() + minute));
    await follow();
    expect(await scene.revoked()).toMatchObject([{ revoked_at: start }]);
  });

  it('is read in pages, and found when it appears later than what was asked for after it', async () => {
    world.harness.pools.pageSize = 2;
    const all = [await scene.issue(), await scene.issue(), await scene.issue(), await scene.issue()];
    const [late = '', ...first] = all;
    first.forEach((fingerprint, index) => wants(fingerprint, ago(3_000 - index * 1_000)));
    await follow(usualTransaction);
    expect(await scene.revoked()).toHaveLength(3);
    wants(late, ago(10 * minute));
    await follow(usualTransaction);
    expect(await scene.revoked()).toHaveLength(3);
    await follow();
    expect(await scene.revoked()).toHaveLength(4);
    const { lookedSince } = world.harness.pools;
    expect(lookedSince.slice(-3)).toEqual([new Date(0), ago(usualTransaction), ago(longestTransaction)]);
  });

  it('changes nothing when it is read again', async () => {
    wants(await scene.issue());
    await follow();
    const before = [await scene.revoked(), await world.harness.writes()];
    world.harness.clock.advance(minute);
    await follow();
    expect([await scene.revoked(), await world.harness.writes()]).toEqual(before);
  });

  it('is read from the beginning when the contract pool’s clock went back', async () => {
    const fingerprint = await scene.issue();
    await follow();
    world.harness.clock.set(new Date(start.getTime() - day));
    wants(fingerprint);
    await follow();
    expect(await scene.revoked()).toHaveLength(1);
    expect(world.harness.pools.lookedSince.at(-1)).toEqual(new Date(0));
    await follow();
    expect(world.harness.pools.lookedSince.at(-1)).toEqual(ago(longestTransaction));
  });

  it('is not lost when the contract pool, or the way to it, is away', async () => {
    const { pools } = world.harness;
    pools.down.add('contractRevocationRequests');
    wants(await scene.issue());
    await expect(follow()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await world.harness.removed();
    const other = await world.harness.another();
    processes.push(other);
    world.harness.clock.advance(day);
    pools.down.clear();
    await expect.poll(() => scene.revoked(), { timeout: 10_000 }).toHaveLength(1);
  });

  it('comes to the same end wherever it is interrupted, and is recorded once', async () => {
    const fingerprints: string[] = [];
    for (let count = 0; count < 6; count++) fingerprints.push(await scene.issue());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { maxLength: 6 }), async (kills) => {
        await scene.takeBack();
        world.harness.pools.toRevoke.length = 0;
        world.harness.pools.pageSize = 2;
        fingerprints.forEach((fingerprint, index) => wants(fingerprint, ago(minute - index)));
        const { store } = following();
        for (const kill of [...kills, Infinity]) {
          let left = kill;
          const dies =
            <T>(after: boolean, work: () => Promise<T>) =>
            async () => {
              if (!after && left-- <= 0) throw new Error('killed');
              const result = await work();
              if (after && left-- <= 0) throw new Error('killed');
              return result;
            };
          const killed = following({
            store: {
              ...store,
              revoke: (...args) => dies(kill % 2 === 0, () => store.revoke(...args))(),
            },
          });
          await followRevocations(killed, longestTransaction).catch((error: unknown) => {
            expect(error).toMatchObject({ message: 'killed' });
          });
        }
        expect(new Set((await scene.revoked()).map(({ fingerprint }) => fingerprint))).toEqual(
          new Set(fingerprints),
        );
        const written = await world.harness.writes();
        expect(written.filter(({ action }) => action === 'revokeDeletedContract')).toHaveLength(6);
      }),
      { numRuns: 15 },
    );
  });

  it('is revoked once by several processes', async () => {
    const fingerprints: string[] = [];
    for (let count = 0; count < 8; count++) fingerprints.push(await scene.issue());
    await world.harness.forgetWrites();
    processes.push(await world.harness.another(), await world.harness.another());
    for (const fingerprint of fingerprints) {
      wants(fingerprint);
      await world.harness.removed();
    }
    await expect.poll(() => scene.revoked(), { timeout: 10_000 }).toHaveLength(8);
    await expect
      .poll(async () => new Set(await scene.listed()), { timeout: 10_000 })
      .toEqual(new Set(fingerprints));
    const writes = await world.harness.writes();
    expect(writes.filter(({ action }) => action === 'revokeDeletedContract')).toHaveLength(8);
  });
});
