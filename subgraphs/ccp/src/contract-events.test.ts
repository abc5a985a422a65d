import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeCursor } from '@chargegraph/events';
import { globalId } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { DemoPki } from '@chargegraph/pki';
import { cpo, mo, oem, operator, otherOem, service } from './testing/callers.ts';
import { start, startHarness, type Harness } from './testing/harness.ts';
import { eventLog, oneEvent, publish, remove } from './testing/operations.ts';
import { fillPools, makeCar, makePki, signedDataOf, type Car } from './testing/world.ts';

const emaid = 'DEABCC00000001';

let harness: Harness;
let pki: DemoPki;
let car: Car;

beforeAll(async () => {
  [harness, pki] = await Promise.all([startHarness(), makePki()]);
  car = await makeCar(pki, 'WCGtest0000000001');
  fillPools(harness.pools, pki, car);
  for (const advance of [1_000, 0]) {
    const signedContractData = await signedDataOf(pki, { car, emaid });
    await harness.run(mo, publish, { input: { signedContractData, pcid: car.pcid } });
    harness.clock.advance(advance);
  }
  await harness.run(mo, remove, { input: { emaid } });
  await harness.logged(3);
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.clock.set(start);
});

interface Stretch {
  readonly head: string;
  readonly events: readonly { readonly cursor: string; readonly type: string }[];
}

const readAs = async (caller: Caller, variables: Record<string, unknown>) => {
  const { data, errors } = await harness.run(caller, eventLog, variables);
  return { stretch: data?.['contractEventLog'] as Stretch | undefined, errors };
};
const readLog = async (variables: Record<string, unknown>) => (await readAs(service, variables)).stretch;

describe('contractEventLog', () => {
  it('tells each change once, in order, with the facts of its moment and links as of now', async () => {
    const stretch = await readLog({ first: 1_000 });
    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      cursor: expect.any(String) as string,
      emaid,
      pcid: 'WCGtest0000000001',
      namespaces: ['ISO15118_2'],
      contract: null,
      provisioningCertificate: { id: globalId('ProvisioningCertificate', 'ISO15118_2', 'WCGTEST0000000001') },
    };
    const later = new Date(start.getTime() + 1_000).toISOString();
    expect(stretch?.events).toEqual([
      { ...common, type: 'OEM_CONTRACT_CREATED', time: start.toISOString() },
      { ...common, type: 'OEM_CONTRACT_UPDATED', time: later },
      { ...common, type: 'OEM_CONTRACT_DELETED', time: later },
    ]);
    expect(stretch?.head).toBe(stretch?.events.at(-1)?.cursor);
  });

  it('keeps in the facts all that the event’s own fields show', async () => {
    const shown = (await readLog({ first: 10 }))?.events;
    const kept = await harness.events();
    expect(shown?.map((event) => event)).toMatchObject(
      kept.map(({ type, facts }) => ({
        type,
        emaid: facts['emaid'],
        pcid: facts['pcid'],
        namespaces: facts['namespaces'],
      })),
    );
  });

  it('continues after a cursor', async () => {
    const first = await readLog({ first: 1 });
    expect(first?.events.map(({ type }) => type)).toEqual(['OEM_CONTRACT_CREATED']);
    const rest = await readLog({ first: 10, after: first?.events[0]?.cursor });
    expect(rest?.events.map(({ type }) => type)).toEqual(['OEM_CONTRACT_UPDATED', 'OEM_CONTRACT_DELETED']);
    expect((await readLog({ first: 10, after: rest?.head }))?.events).toEqual([]);
  });

  it('refuses a length out of its range, and what is no cursor of this log', async () => {
    for (const first of [0, 1_001]) {
      expect((await readAs(service, { first })).errors).toMatchObject([
        { extensions: { code: 'BAD_INPUT' } },
      ]);
    }
    const logId = '00000000-0000-4000-8000-000000000000';
    const cursors = [
      'abc',
      encodeCursor({ pool: 'rcp', logId, position: 1 }),
      encodeCursor({ pool: 'ccp', logId, position: 1 }),
    ];
    for (const after of cursors) {
      const { errors } = await readAs(service, { first: 1, after });
      expect(errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID' } }]);
    }
  });

  it('is for operator and services alone', async () => {
    expect((await readAs(operator, { first: 1 })).errors).toBeUndefined();
    for (const caller of [oem, mo]) {
      expect((await readAs(caller, { first: 1 })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });
});

describe('contractEvent', () => {
  const eventAs = async (caller: Caller, cursor: string | undefined) => {
    const { data, errors } = await harness.run(caller, oneEvent, { cursor });
    return { event: data?.['contractEvent'], errors };
  };

  it('is shown to the maker of the car, the operator and services, and to no other car maker', async () => {
    const cursor = (await readLog({ first: 1 }))?.events[0]?.cursor;
    for (const caller of [oem, operator, service]) {
      const { event } = await eventAs(caller, cursor);
      expect(event).toMatchObject({
        cursor,
        type: 'OEM_CONTRACT_CREATED',
        emaid,
        namespaces: ['ISO15118_2'],
      });
    }
    for (const caller of [otherOem, mo]) {
      expect(await eventAs(caller, cursor)).toEqual({ event: null, errors: undefined });
    }
    expect((await eventAs(cpo, cursor)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('is null where the log holds none, and refused for what is no cursor of it', async () => {
    const [row] = await harness.database.query<{ log_id: string }>('SELECT log_id FROM log_head');
    const beyond = encodeCursor({ pool: 'ccp', logId: row?.log_id ?? '', position: 99 });
    expect(await eventAs(operator, beyond)).toEqual({ event: null, errors: undefined });
    const foreign = encodeCursor({ pool: 'rcp', logId: row?.log_id ?? '', position: 1 });
    for (const cursor of ['abc', foreign]) {
      expect((await eventAs(operator, cursor)).errors).toMatchObject([
        { extensions: { code: 'CURSOR_INVALID' } },
      ]);
    }
  });
});

it('says that subscriptions are the gateway’s', async () => {
  const { data, errors } = await harness.run(oem, 'subscription { contractEvents { id } }');
  expect(data ?? null).toBeNull();
  expect(errors).toMatchObject([{ message: expect.stringContaining('executed by the gateway') as string }]);
});
