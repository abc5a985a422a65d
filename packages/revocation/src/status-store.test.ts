import type { Database } from '@chargegraph/database';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateStatus, later, startStatusDatabase, type Told } from './revocation.fixture.ts';
import type { CertificateStatus } from './revocation-types.ts';
import { readStatuses, writeStatus } from './status-store.ts';

let database: Database;
let stop: () => Promise<void>;
const fingerprint = 'ab'.repeat(32);

beforeAll(async () => {
  ({ database, stop } = await startStatusDatabase());
});
afterAll(() => stop());
beforeEach(async () => {
  await database.execute('DELETE FROM certificate_status');
});

/** Writes one after the other, each at so many minutes; returns the status that stands in the end. */
async function after(
  ...written: readonly (readonly [minutes: number, told: Told])[]
): Promise<CertificateStatus> {
  let standing: CertificateStatus | undefined;
  for (const [minutes, told] of written) {
    standing = await writeStatus(database, certificateStatus(fingerprint, told, later(minutes)));
  }
  const [read] = await readStatuses(database, [fingerprint]);
  expect(standing).toEqual(read);
  if (read === undefined) throw new Error('nothing was written');
  return read;
}

const good: Told = { status: 'GOOD' };
const revoked: Told = { status: 'REVOKED', reason: 'superseded' };
const hold: Told = { status: 'REVOKED', reason: 'certificateHold' };
const unknown: Told = { status: 'UNKNOWN' };

describe('what stands in the table', () => {
  it.each<[string, string, readonly (readonly [number, Told])[]]>([
    [
      'a newer verdict over an older one',
      'REVOKED',
      [
        [0, good],
        [1, revoked],
      ],
    ],
    [
      'a revocation over GOOD, later without a verdict',
      'REVOKED',
      [
        [0, good],
        [1, revoked],
        [500, unknown],
      ],
    ],
    [
      'a revocation, whatever is said later',
      'REVOKED',
      [
        [0, revoked],
        [500, good],
      ],
    ],
    [
      'a revocation over a hold',
      'REVOKED',
      [
        [0, hold],
        [1, revoked],
        [2, good],
      ],
    ],
    [
      'GOOD while it holds, without a later verdict',
      'GOOD',
      [
        [0, good],
        [59, unknown],
      ],
    ],
    [
      'UNKNOWN once GOOD has ended',
      'UNKNOWN',
      [
        [0, good],
        [60, unknown],
      ],
    ],
    [
      'GOOD after UNKNOWN',
      'GOOD',
      [
        [0, unknown],
        [1, good],
      ],
    ],
    [
      'GOOD after a hold',
      'GOOD',
      [
        [0, hold],
        [1, good],
      ],
    ],
    [
      'a hold without a later verdict, however long',
      'REVOKED',
      [
        [0, hold],
        [500, unknown],
      ],
    ],
    [
      'a hold that a source knew later',
      'REVOKED',
      [
        [10, hold],
        [11, { ...good, thisUpdate: later(9) }],
      ],
    ],
    [
      'a hold that ended, over a source that knew it no later',
      'REVOKED',
      [
        [10, hold],
        [99, { ...good, thisUpdate: later(10) }],
      ],
    ],
    [
      'GOOD that a source knew later than a revocation',
      'GOOD',
      [
        [10, good],
        [11, { ...revoked, thisUpdate: later(9) }],
      ],
    ],
    [
      'a revocation known earlier than GOOD that has ended',
      'REVOKED',
      [
        [10, good],
        [70, { ...revoked, thisUpdate: later(9) }],
      ],
    ],
    [
      'a revocation known at the same time as GOOD',
      'REVOKED',
      [
        [10, good],
        [11, { ...revoked, thisUpdate: later(10) }],
      ],
    ],
    [
      'a verdict after none was asked for',
      'GOOD',
      [
        [0, { status: 'NOT_CHECKED' }],
        [1, good],
      ],
    ],
    [
      'UNKNOWN of the last time',
      'UNKNOWN',
      [
        [0, { status: 'NOT_CHECKED' }],
        [1, unknown],
      ],
    ],
  ])('is %s', async (_, status, written) => {
    expect(await after(...written)).toMatchObject({ status });
  });

  it('is a hold even when a verdict in between had ended: the newest instant is kept', async () => {
    const old = { ...good, thisUpdate: later(5) };
    expect(await after([0, good], [10, { ...good, thisUpdate: later(10) }], [80, old])).toMatchObject({
      status: 'GOOD',
      thisUpdate: later(10),
    });
  });

  it('never goes from a revocation that is no hold to anything else, and from a hold only to a later verdict', async () => {
    const told = fc.record({
      told: fc.constantFrom(good, revoked, hold, unknown, { status: 'NOT_CHECKED' } as Told),
      wait: fc.nat(90),
      age: fc.nat(60),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 2, maxLength: 12 }), async (steps) => {
        await database.execute('DELETE FROM certificate_status');
        let now = 0;
        let [before, newest]: [CertificateStatus | undefined, number] = [undefined, -Infinity];
        for (const step of steps) {
          now += step.wait;
          const verdict = step.told.status === 'GOOD' || step.told.status === 'REVOKED';
          const thisUpdate = later(now - step.age);
          const next = certificateStatus(
            fingerprint,
            { ...step.told, ...(verdict && { thisUpdate }) },
            later(now),
          );
          const standing = await writeStatus(database, next);
          if (before?.status === 'REVOKED') {
            const lifted = before.reason === 'certificateHold' && verdict && thisUpdate.getTime() > newest;
            if (!lifted) expect(standing.status).toBe('REVOKED');
          }
          if (before?.status === 'GOOD' && before.validUntil > later(now))
            expect(standing.status).not.toBe('UNKNOWN');
          newest = Math.max(newest, standing.thisUpdate?.getTime() ?? newest);
          before = standing;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is the same whichever of two that come at once is written first', async () => {
    const both = [
      certificateStatus(fingerprint, good, later(0)),
      certificateStatus(fingerprint, revoked, later(1)),
    ];
    await Promise.all(both.map((status) => writeStatus(database, status)));
    expect(await readStatuses(database, [fingerprint])).toMatchObject([{ status: 'REVOKED' }]);
  });
});
