import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDemoPki, type Certificate } from '@chargegraph/pki';
import { silentLogger } from '@chargegraph/service';
import { followRoots, type RootStore, type RootTransaction } from './follow-roots.ts';
import { createRootStore } from './root-store.ts';
import type { RootType } from './root-set.ts';
import { RootPoolInMemory, startTable, type TestTable } from './trust.fixture.ts';

let table: TestTable;
let certificates: Certificate[];
let rcp: RootPoolInMemory;
let moves: number[];

beforeAll(async () => {
  const now = new Date('2026-11-01T12:00:00Z');
  const pkis = await Promise.all([createDemoPki({ now }), createDemoPki({ now })]);
  table = await startTable();
  certificates = pkis.flatMap(({ v2gRoot, oemRoot, moRoot }) =>
    [v2gRoot, oemRoot, moRoot].map(({ certificate }) => certificate),
  );
});
afterAll(() => table.stop());
beforeEach(async () => {
  await table.clear();
  rcp = new RootPoolInMemory();
  moves = [];
});

const root = (index: number): Certificate => {
  const certificate = certificates[index % certificates.length];
  if (certificate === undefined) throw new Error('no certificates');
  return certificate;
};
const ownStore = () => createRootStore(table.database);
const follow = (store: RootStore = ownStore(), stretch = 100) =>
  followRoots({
    rcp,
    store,
    stretch,
    logger: silentLogger,
    onMove: ({ position }) => moves.push(position),
  });
const followToEnd = async (store?: RootStore, stretch?: number) => {
  while (await follow(store, stretch));
};
const state = () => ownStore().state();

async function expectSame(): Promise<void> {
  expect(await table.content()).toEqual(rcp.content());
  expect(await table.cursor()).toEqual(rcp.position);
}

describe('following RCP’s log', () => {
  it('begins with all roots that there are, and goes on from there', async () => {
    rcp.add(root(0), 'V2G');
    rcp.add(root(1), 'OEM');
    expect(await follow()).toBe(true);
    await expectSame();
    expect((await state()).age).toBeUndefined();
    expect(await follow()).toBe(false);
    expect((await state()).age).toBeLessThan(5_000);
    rcp.add(root(2), 'MO');
    expect(await follow()).toBe(false);
    await expectSame();
    expect(moves).toEqual([2, 3]);
  });

  it.each(['ROOT_CERT_EXPIRED', 'ROOT_CERT_REVOKED', 'ROOT_CERT_REMOVED'])(
    'has a root leave with %s, and come back',
    async (type) => {
      rcp.add(root(0), 'V2G');
      rcp.add(root(1), 'OEM');
      await followToEnd();
      rcp.remove(root(1), type);
      await followToEnd();
      await expectSame();
      rcp.add(root(1), 'MO');
      await followToEnd();
      await expectSame();
      expect(await table.content()).toMatchObject({ [root(1).fingerprint]: 'MO' });
    },
  );

  it('does not stumble over a root that is gone again before it can be read', async () => {
    await followToEnd();
    rcp.add(root(0), 'V2G');
    rcp.add(root(1), 'OEM');
    rcp.meanwhile = () => {
      rcp.remove(root(0));
    };
    await follow();
    expect(await table.content()).toEqual({ [root(1).fingerprint]: 'OEM' });
    await followToEnd();
    await expectSame();
  });

  it('passes over events of a kind that it does not know', async () => {
    rcp.add(root(0), 'V2G');
    await followToEnd();
    rcp.tell('ROOT_CERT_POLISHED', root(0).fingerprint);
    await followToEnd();
    await expectSame();
  });

  it('asks for the roots of a stretch once', async () => {
    await followToEnd();
    rcp.asked = 0;
    for (const index of [0, 1, 2]) rcp.add(root(index), 'V2G');
    rcp.remove(root(2));
    await followToEnd();
    await followToEnd();
    expect(rcp.asked).toBe(1);
  });

  it('changes nothing when nothing has happened, and notes that it looked once a second', async () => {
    rcp.add(root(0), 'V2G');
    await followToEnd();
    const rows = () => table.database.query('SELECT xmin, s.* FROM trusted_root_state s');
    const before = await rows();
    await followToEnd();
    expect(await rows()).toEqual(before);
    await table.database.execute(
      "UPDATE trusted_root_state SET followed_at = clock_timestamp() - interval '1 second'",
    );
    await followToEnd();
    expect((await state()).age).toBeLessThan(900);
    expect((await state()).revision).toBe((before[0] as { revision: string }).revision);
  });

  it('keeps what it knows while RCP is away, and does not claim to have followed', async () => {
    rcp.add(root(0), 'V2G');
    await followToEnd();
    await table.database.execute("UPDATE trusted_root_state SET followed_at = '2026-01-01'");
    rcp.isDown = true;
    await expect(follow()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(Object.keys(await table.content())).toHaveLength(1);
    expect((await state()).age).toBeGreaterThan(5_000);
  });

  it.each([
    [
      'was pruned behind the cursor',
      () => {
        rcp.prune();
      },
    ],
    [
      'is another one, as after a restore',
      () => {
        rcp.restore();
      },
    ],
    [
      'is not the one of the cursor, which lies beyond its end',
      () => {
        rcp.head = 1;
        rcp.prune();
      },
    ],
  ])('reads all roots anew when the log %s', async (_, lose) => {
    rcp.add(root(0), 'V2G');
    rcp.add(root(1), 'OEM');
    await followToEnd();
    rcp.add(root(2), 'MO');
    rcp.remove(root(0));
    lose();
    await followToEnd();
    await expectSame();
    rcp.add(root(0), 'V2G');
    await followToEnd();
    await expectSame();
  });

  it.each(['meanwhile', 'afterwards'] as const)(
    'carries on with what happens while all roots are read, %s',
    async (when) => {
      rcp.add(root(0), 'V2G');
      rcp[when] = () => {
        rcp.add(root(1), 'OEM');
        rcp.remove(root(0));
      };
      await followToEnd();
      await expectSame();
    },
  );
});

/** What can happen between two looks at the log. */
const act = fc.record({
  what: fc.constantFrom('add', 'remove', 'expire', 'revoke', 'follow', 'prune', 'restore'),
  which: fc.nat(3),
  type: fc.constantFrom<RootType>('V2G', 'OEM', 'MO', 'PE'),
});

async function perform({
  what,
  which,
  type,
}: {
  what: string;
  which: number;
  type: RootType;
}): Promise<void> {
  if (what === 'add') rcp.add(root(which), type);
  else if (what === 'follow') await follow(undefined, 2);
  else if (what === 'prune') rcp.prune();
  else if (what === 'restore') rcp.restore();
  else rcp.remove(root(which), `ROOT_CERT_${what.toUpperCase()}D`);
}

describe('the table', () => {
  it('comes to hold what RCP holds, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
        await table.clear();
        rcp = new RootPoolInMemory();
        for (const each of acts) await perform(each);
        await followToEnd(undefined, 2);
        await expectSame();
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  /** A store whose transactions break down at the call with this number, as if the process had been killed. */
  function failing(at: number): RootStore {
    let calls = 0;
    const real = ownStore();
    const strike = () => {
      if (calls++ === at) throw new Error('killed');
    };
    return {
      begin: real.begin,
      followed: async (moment) => {
        strike();
        await real.followed(moment);
        strike();
      },
      transaction: (work) =>
        real.transaction(async (tx) => {
          const striking = Object.fromEntries(
            Object.entries(tx).map(([name, method]) => [
              name,
              async (...args: unknown[]) => {
                strike();
                const result: unknown = await (method as (...args: unknown[]) => unknown)(...args);
                strike();
                return result;
              },
            ]),
          ) as unknown as RootTransaction;
          return work(striking);
        }),
    };
  }

  it('comes to the same end wherever its follower is killed', async () => {
    let killed = 0;
    for (const lost of [false, true]) {
      for (let at = 0; ; at++) {
        await table.clear();
        rcp = new RootPoolInMemory();
        rcp.add(root(0), 'V2G');
        rcp.add(root(1), 'OEM');
        await followToEnd();
        rcp.remove(root(0));
        rcp.add(root(2), 'MO');
        rcp.remove(root(1), 'ROOT_CERT_EXPIRED');
        rcp.add(root(0), 'OEM');
        if (lost) rcp.restore();
        const outcome = await followToEnd(failing(at)).catch((error: unknown) => error);
        if (outcome !== undefined) expect(outcome).toMatchObject({ message: 'killed' });
        await followToEnd();
        await expectSame();
        if (outcome === undefined) break;
        killed++;
      }
    }
    // Four events with two statements and the note, and two statements; each before and after.
    expect(killed).toBeGreaterThanOrEqual(4 * 4 + 2 + 4);
  }, 60_000);

  it('does each event once when several follow at the same time', async () => {
    rcp.add(root(0), 'V2G');
    await followToEnd();
    const { revision } = await state();
    moves = [];
    rcp.add(root(1), 'OEM');
    rcp.remove(root(0));
    rcp.add(root(2), 'MO');
    // All of them begin from the same place.
    let begun = 0;
    let goOn: () => void = () => undefined;
    const together = new Promise<void>((resolve) => (goOn = resolve));
    const real = ownStore();
    const begin = async () => {
      const state = await real.begin();
      if (++begun === 3) goOn();
      await together;
      return state;
    };
    await Promise.all([1, 2, 3].map(() => followToEnd({ ...real, begin })));
    await expectSame();
    expect(moves.sort()).toEqual([2, 3, 4]);
    expect(BigInt((await state()).revision) - BigInt(revision)).toBe(3n);
  });
});
