import { createDatabase } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';
import { startInstallation, type Installation } from '../../faults/installation.ts';
import { makeVersions, publishData } from '../../harness/publish-events.ts';
import { eventually, pause } from '../../harness/wait.ts';

/** 99th percentiles in milliseconds, and how they compare. */
export interface Compared {
  readonly quiet: number;
  readonly open: number;
  readonly ratio: number;
}

/**
 * What is compared: a contract's publication through a gateway, from the request to the answer; from that request to the
 * event at a subscriber of the other gateway; and from the commit of an event of {@link writtenRate} others a second to a
 * subscriber.
 */
export type Held = Record<'publish' | 'publish to delivery' | 'commit to delivery', Compared>;

type Times = Record<keyof Held, number[]>;

/** How long the transaction stays open, in milliseconds, and how much goes on meanwhile, per second. */
const openFor = 5_000;
const publishRate = 10;
const writtenRate = 100;
const contracts = 20;

const p99 = (times: number[]): number =>
  times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * 0.99))] ?? NaN;

/** Locks a contract of its own, appends its event, and commits after as long as `work` takes. */
async function whileOpen(all: Installation, work: () => Promise<void>): Promise<void> {
  const database = createDatabase({ url: all.postgres.url, schema: 'ccp', logger: silentLogger, max: 1 });
  const emaid = 'EMP99C00000OPEN';
  try {
    await database.transaction(async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('test ' || $1, 0))", [emaid]);
      const facts = { emaid, pcid: all.car.pcid, emaidKey: emaid, pcidKey: all.car.pcid, namespaces: [] };
      await appendEvent(tx, { type: 'OEM_CONTRACT_UPDATED', occurredAt: new Date(), facts });
      await work();
    });
  } finally {
    await database.close();
  }
}

/**
 * Publishes contracts through one gateway of an installation of processes, and writes other events beside them, in turns
 * with and without a transaction that is open for five seconds.
 */
export async function measureHeld(rounds: number): Promise<Held> {
  const perPhase = (openFor / 1_000) * publishRate;
  /** Of each contract, the requests whose events have not come yet. */
  const asked = new Map<string, number[]>();
  const arrived = new Map<string, number>();
  let present: Times | undefined;
  const all = await startInstallation({
    rate: writtenRate,
    contracts: 100,
    publications: 1,
    settings: { CHARGEGRAPH_COST_PER_MINUTE: '0' },
    onEvent: ({ id }) => {
      if (!arrived.has(id)) arrived.set(id, Date.now());
    },
  });
  try {
    const emaids = Array.from({ length: contracts }, (_, n) => `EMP99C8888${String(n).padStart(4, '0')}`);
    const versions = Math.ceil(((2 * rounds + 1) * perPhase) / contracts);
    const data = await makeVersions(all.place.pkis.iso2, all.car, emaids, versions);
    const other = await all.follow('demo-oem', 1, all.start);
    let seen = 0;
    const looking = setInterval(() => {
      for (const { emaid } of other.events.slice(seen)) {
        const request = asked.get(emaid)?.shift();
        if (request !== undefined) present?.['publish to delivery'].push(performance.now() - request);
      }
      seen = other.events.length;
    }, 1);

    let published = 0;
    const publish = async (into: Times): Promise<void> => {
      const of = data[published % contracts];
      const version = of?.data[Math.floor(published / contracts)];
      if (of === undefined || version === undefined) throw new Error('There is no more to publish.');
      published += 1;
      const begun = performance.now();
      asked.set(of.emaid, [...(asked.get(of.emaid) ?? []), begun]);
      await publishData(all.mo, all.car.pcid, version);
      into.publish.push(performance.now() - begun);
    };
    const phase = async (into: Times): Promise<void> => {
      present = into;
      const begun = performance.now();
      const before = new Set(all.writer.committedAt.keys());
      const writing = all.writer.write((openFor / 1_000) * writtenRate);
      const publishing: Promise<void>[] = [];
      for (let n = 0; n < perPhase; n++) {
        await pause(Math.max(0, begun + (n * 1_000) / publishRate - performance.now()));
        publishing.push(publish(into));
      }
      await Promise.all([...publishing, writing]);
      const own = [...all.writer.committedAt].filter(([id]) => !before.has(id));
      await eventually('all have come', () => own.every(([id]) => arrived.has(id)));
      for (const [id, at] of own) into['commit to delivery'].push(Math.max(0, (arrived.get(id) ?? NaN) - at));
      await eventually('all have come', () => [...asked.values()].every((waiting) => waiting.length === 0));
    };
    const times = (): Times => ({ publish: [], 'publish to delivery': [], 'commit to delivery': [] });
    const [quiet, open] = [times(), times()];
    await phase(times());
    for (let round = 0; round < rounds; round++) {
      await phase(quiet);
      await whileOpen(all, () => phase(open));
    }
    clearInterval(looking);
    const compare = (what: keyof Held): Compared => {
      const [without, withIt] = [p99(quiet[what]), p99(open[what])];
      return { quiet: without, open: withIt, ratio: withIt / without };
    };
    return {
      publish: compare('publish'),
      'publish to delivery': compare('publish to delivery'),
      'commit to delivery': compare('commit to delivery'),
    };
  } finally {
    await all.clear();
  }
}
