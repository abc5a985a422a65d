import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInProcessBus, encodeCursor, logTopic, decodeCursor, type EventBus } from '@chargegraph/events';
import { createGraphClient, type GraphClient, type RequestContext } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { createDemoPki, toPem, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { decideWith } from './decide-with.ts';
import { liveFor } from './snapshot.ts';
import { createTrust, type Trust } from './trust.ts';
import { RootPoolInMemory, startTable, type TestTable } from './trust.fixture.ts';

let table: TestTable;
let root: Certificate;
let other: Certificate;
let rcp: RootPoolInMemory;
let bus: EventBus;
let running: Trust[];
/** Operations on whose behalf RCP was asked for roots. */
let asked: string[];

beforeAll(async () => {
  const pki = await createDemoPki({ now: new Date('2026-11-01T12:00:00Z') });
  [root, other] = [pki.v2gRoot.certificate, pki.moRoot.certificate];
  table = await startTable();
});
afterAll(() => table.stop());
beforeEach(async () => {
  await table.clear();
  rcp = new RootPoolInMemory();
  rcp.add(root, 'V2G');
  bus = createInProcessBus();
  running = [];
  asked = [];
});
afterEach(async () => {
  await Promise.all(running.map((trust) => trust.stop()));
  await bus.close();
});

/** RCP as the graph shows it. */
const graph: GraphClient = createGraphClient(async ({ query, variables, context }) => {
  try {
    if (query.includes('rootCertificateEventLog')) {
      const { after, first } = variables as { after?: string; first: number };
      const cursorOf = (position: Parameters<typeof encodeCursor>[0] | object) =>
        encodeCursor({ pool: 'rcp', ...(position as typeof rcp.position) });
      const page = await rcp.events(after === undefined ? undefined : decodeCursor(after), first);
      const events = page.events.map(({ position, ...event }) => ({ ...event, cursor: cursorOf(position) }));
      return { data: { rootCertificateEventLog: { head: cursorOf(page.head), events } } };
    }
    asked.push(context.traceId);
    const { fingerprints } = variables as { fingerprints?: string[] };
    const roots = fingerprints === undefined ? await rcp.all() : await rcp.find(fingerprints);
    const nodes = roots.map(({ type, certificate }) => ({ type, certificate: { pem: toPem(certificate) } }));
    return { data: { rootCertificates: { nodes, pageInfo: { hasNextPage: false, endCursor: null } } } };
  } catch (error) {
    const { message, code } = error as ChargeGraphError;
    return { errors: [{ message, extensions: { code } }] };
  }
});

function process(pollInterval = 3_600_000): Trust {
  const trust = createTrust({
    pool: 'pcp',
    database: table.database,
    graph,
    bus,
    logger: silentLogger,
    pollInterval,
  });
  running.push(trust);
  return trust;
}

const operation = (trust: Trust) => {
  const caller = serviceCaller('pcp');
  const request: RequestContext = { caller, traceId: 'operation', deadline: Date.now() + 5_000, hops: 0 };
  return trust.within(request);
};
const v2g = async (trust: Trust) =>
  (await operation(trust).current()).of('V2G').map(({ fingerprint }) => fingerprint);
const isKnown = (trust: Trust) =>
  vi.waitFor(async () => {
    expect(await operation(trust).known()).toBeDefined();
  }, 10_000);
const onBehalf = () => asked.filter((traceId) => traceId === 'operation').length;

describe('the roots of an operation', () => {
  it('are asked for once, and without the database, where RCP’s log is not followed', async () => {
    const statements = vi.spyOn(table.database, 'query');
    const roots = operation(process());
    const [first, second] = [await roots.current(), await roots.fresh()];
    expect(await roots.known()).toBeUndefined();
    expect(first).toBe(second);
    expect(first.has(root.fingerprint, 'V2G')).toBe(true);
    expect(onBehalf()).toBe(1);
    expect(statements).not.toHaveBeenCalled();
    statements.mockRestore();
  });

  it('are known without asking while it is followed, by whichever process', async () => {
    const [one, two] = [process(), process()];
    one.start();
    two.start();
    for (const trust of [one, two]) {
      await isKnown(trust);
      expect(await v2g(trust)).toEqual([root.fingerprint]);
    }
    expect(onBehalf()).toBe(0);
  });

  it('are others at once when an event is heard, in every process', async () => {
    const all = [process(), process()];
    for (const trust of all) trust.start();
    await Promise.all(all.map(isKnown));
    rcp.add(other, 'V2G');
    rcp.remove(root);
    await bus.publish(logTopic('rcp'), JSON.stringify(eventAt(rcp.head)));
    for (const trust of all) expect(await v2g(trust)).toEqual([other.fingerprint]);
    await Promise.all(all.map(isKnown));
    for (const trust of all) expect(await v2g(trust)).toEqual([other.fingerprint]);
  });

  it('are others with the next look at the log when the bus is silent', async () => {
    const trust = process(20);
    trust.start();
    await isKnown(trust);
    rcp.remove(root);
    await vi.waitFor(async () => {
      expect(await v2g(trust)).toEqual([]);
    }, 10_000);
  });

  it('stay as they were last known while RCP is away, for a while; then it is asked in vain', async () => {
    const trust = process();
    trust.start();
    await isKnown(trust);
    rcp.isDown = true;
    expect(await v2g(trust)).toEqual([root.fingerprint]);
    await table.database.execute(
      `UPDATE trusted_root_state SET followed_at = followed_at - interval '${String(liveFor)} milliseconds'`,
    );
    await vi.waitFor(() => expect(v2g(trust)).rejects.toMatchObject({ code: 'UNAVAILABLE' }), 10_000);
    rcp.isDown = false;
    expect(await v2g(trust)).toEqual([root.fingerprint]);
  });
});

const eventAt = (position: number) => ({
  logId: rcp.logId,
  position,
  id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  type: 'ROOT_CERT_REMOVED',
  occurredAt: new Date('2026-11-01T12:00:00Z'),
  facts: {},
});

describe('decideWith', () => {
  const refusal = new ChargeGraphError('ROOT_UNKNOWN', 'The chain ends at no known root.');
  const requireOther = (decided: string[]) => (held: { has(fingerprint: string, type: 'MO'): boolean }) => {
    decided.push('decided');
    if (!held.has(other.fingerprint, 'MO')) throw refusal;
    return 'accepted';
  };

  async function known(): Promise<Trust> {
    const trust = process();
    trust.start();
    await isKnown(trust);
    return trust;
  }

  it('decides a write again by what RCP says before it refuses it', async () => {
    const roots = operation(await known());
    rcp.add(other, 'MO');
    const decided: string[] = [];
    expect(await decideWith(roots, requireOther(decided))).toBe('accepted');
    expect(decided).toHaveLength(2);
    expect(onBehalf()).toBe(1);
    // What is decided further on in the operation knows it too.
    expect((await roots.current()).has(other.fingerprint, 'MO')).toBe(true);
  });

  it('refuses what RCP says as well, and asks no more than once', async () => {
    const decided: string[] = [];
    const roots = operation(await known());
    await expect(decideWith(roots, requireOther(decided))).rejects.toBe(refusal);
    await expect(decideWith(roots, requireOther(decided))).rejects.toBe(refusal);
    expect(decided).toHaveLength(3);
    expect(onBehalf()).toBe(1);
  });

  it('does not refuse when RCP cannot be asked', async () => {
    const roots = operation(await known());
    rcp.isDown = true;
    await expect(decideWith(roots, requireOther([]))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('passes on at once what no root could change', async () => {
    const roots = operation(await known());
    const error = new ChargeGraphError('BAD_INPUT', 'It is malformed.');
    const decide = () => {
      throw error;
    };
    await expect(decideWith(roots, decide)).rejects.toBe(error);
    expect(onBehalf()).toBe(0);
  });
});
