import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDemoPki, type Certificate } from '@chargegraph/pki';
import { createRootSnapshot, liveFor, recheckAfter, type RootSnapshot, type RootTable } from './snapshot.ts';

const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';
const at = (position: number) => ({ logId, position });

let root: Certificate;
let other: Certificate;

/** A table whose log was followed to its end at moments that the test says. */
class Table implements RootTable {
  revision = 1;
  position = 1;
  followedAt: number | undefined = 0;
  held: Certificate[] = [root];
  readonly looks: ('state' | 'read')[] = [];
  /** What an answer waits for on its way. */
  delay: Promise<void> | undefined;
  fault: Error | undefined;

  #age = () => (this.followedAt === undefined ? undefined : now - this.followedAt);

  async #answer<T>(value: T): Promise<T> {
    if (this.fault !== undefined) throw this.fault;
    await this.delay;
    return value;
  }

  state() {
    this.looks.push('state');
    return this.#answer({ revision: String(this.revision), age: this.#age() });
  }

  read() {
    this.looks.push('read');
    const roots = this.held.map(({ der }) => ({ type: 'V2G' as const, der }));
    return this.#answer({
      revision: String(this.revision),
      age: this.#age(),
      position: at(this.position),
      roots,
    });
  }

  /** As the follower does when an event has come. */
  change(held: Certificate[]): void {
    this.held = held;
    this.revision++;
    this.position++;
    this.followedAt = now;
  }
}

let now: number;
let table: Table;
let snapshot: RootSnapshot;

beforeAll(async () => {
  const pki = await createDemoPki({ now: new Date('2026-11-01T12:00:00Z') });
  [root, other] = [pki.v2gRoot.certificate, pki.moRoot.certificate];
});
beforeEach(() => {
  now = 0;
  table = new Table();
  snapshot = createRootSnapshot(table, () => now);
});

const live = async () => (await snapshot.live())?.of('V2G').map(({ fingerprint }) => fingerprint);

describe('the snapshot of the roots', () => {
  it('is read once for all who ask, with where the log stood', async () => {
    const sets = await Promise.all([snapshot.live(), snapshot.live(), snapshot.live()]);
    expect(table.looks).toEqual(['read']);
    expect(new Set(sets).size).toBe(1);
    expect(sets[0]?.position).toEqual(at(1));
    expect(sets[0]?.has(root.fingerprint, 'V2G')).toBe(true);
    expect(sets[0]?.has(root.fingerprint, 'MO', 'OEM')).toBe(false);
  });

  it('looks at the table once a second, and reads it only when it has changed', async () => {
    const [first] = (await snapshot.live())?.of('V2G') ?? [];
    for (; now < 3 * recheckAfter; now += 100) {
      table.followedAt = now;
      await snapshot.live();
    }
    expect(table.looks).toEqual(['read', 'state', 'state']);
    table.change([root, other]);
    now += recheckAfter;
    const roots = (await snapshot.live())?.of('V2G');
    expect(roots?.map(({ fingerprint }) => fingerprint)).toEqual([root.fingerprint, other.fingerprint]);
    // Parsed once: the very same object.
    expect(roots?.[0]).toBe(first);
  });

  it('is used for so long after the log was last followed to its end, and not longer', async () => {
    expect(await live()).toEqual([root.fingerprint]);
    for (now = 500; now < liveFor; now += 500) expect(await live()).toEqual([root.fingerprint]);
    now = liveFor;
    expect(await live()).toBeUndefined();
    table.followedAt = now;
    now += recheckAfter;
    expect(await live()).toEqual([root.fingerprint]);
  });

  it('is not used when the log was never followed to its end, or at a time that lies ahead', async () => {
    table.followedAt = undefined;
    expect(await live()).toBeUndefined();
    now += recheckAfter;
    table.followedAt = now + liveFor;
    expect(await live()).toBeUndefined();
  });

  it('is dropped by an event, until the table is of that position', async () => {
    await live();
    snapshot.drop(at(2));
    expect(await live()).toBeUndefined();
    // Heard again, or late: no reason to take an older one for new.
    snapshot.drop(at(1));
    expect(await live()).toBeUndefined();
    table.change([other]);
    snapshot.drop(at(2));
    expect(await live()).toEqual([other.fingerprint]);
  });

  it('is dropped by what may be an event, until the log was followed to its end since', async () => {
    await live();
    now += 10;
    snapshot.drop(undefined);
    expect(await live()).toBeUndefined();
    now += recheckAfter;
    expect(await live()).toBeUndefined();
    table.followedAt = now;
    now += recheckAfter;
    expect(await live()).toEqual([root.fingerprint]);
  });

  it('is not brought back by the event of a log that was replaced since', async () => {
    await live();
    snapshot.drop({ logId: logId.replace('0', '1'), position: 1 });
    now += 10;
    expect(await live()).toBeUndefined();
    table.followedAt = now;
    now += recheckAfter;
    expect(await live()).toEqual([root.fingerprint]);
  });

  it('throws away what was on its way when an event came', async () => {
    let arrive: () => void = () => undefined;
    table.delay = new Promise((resolve) => (arrive = resolve));
    const asked = live();
    now += 10;
    snapshot.drop(at(2));
    table.delay = undefined;
    table.change([other]);
    arrive();
    expect(await asked).toBeUndefined();
    expect(await live()).toEqual([other.fingerprint]);
  });

  it('does not look at a table that is not live for everybody who asks', async () => {
    table.followedAt = undefined;
    for (let asked = 0; asked < 10; asked++) expect(await live()).toBeUndefined();
    expect(table.looks).toHaveLength(1);
  });

  it('tells of a database that does not answer, and looks again', async () => {
    table.fault = new Error('connection refused');
    await expect(live()).rejects.toThrow('connection refused');
    table.fault = undefined;
    expect(await live()).toEqual([root.fingerprint]);
  });
});
