import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oem, operator } from './testing/callers.ts';
import { consumersOf, type Consumers } from './testing/consumers.ts';
import { startHarness, type Harness } from './testing/harness.ts';

let harness: Harness;
let consumers: Consumers;

beforeAll(async () => {
  harness = await startHarness();
  consumers = consumersOf(harness);
});
afterAll(() => harness.stop());

describe('whatever two consumers of a car maker do', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('log' as const), own: fc.boolean() }),
    fc.record({
      kind: fc.constantFrom('acknowledge' as const, 'reject' as const),
      who: fc.constantFrom('a', 'b'),
      at: fc.nat(12),
    }),
    fc.record({ kind: fc.constant('lease' as const), who: fc.constantFrom('a', 'b') }),
    fc.record({ kind: fc.constant('back' as const), who: fc.constantFrom('a', 'b'), at: fc.nat(12) }),
  );

  it('tells of each event once that it was received, once that it was refused, and moves as the model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await harness.reset();
        const cursors: string[] = [];
        const own: boolean[] = [];
        const begin = await consumers.cursorAt((await consumers.head()).position);
        /** How many of `cursors` each has behind it. */
        const place = { a: 0, b: 0 };
        const fencing = { a: 0, b: 0 };
        const received = new Set<number>();
        const refused = new Set<number>();
        for (const who of ['a', 'b'] as const)
          fencing[who] = Number((await consumers.lease(oem, who)).fencing);
        for (const each of steps) {
          if (each.kind === 'log') {
            const emaid = `E${String(cursors.length)}`;
            const [cursor = ''] = await consumers.log({ emaid, ...(each.own ? {} : { wmi: 'WXX' }) });
            cursors.push(cursor);
            own.push(each.own);
            continue;
          }
          const { who } = each;
          if (each.kind === 'lease') {
            const lease = await consumers.lease(oem, who);
            expect(Number(lease.fencing)).toBeGreaterThan(fencing[who]);
            fencing[who] = Number(lease.fencing);
            expect(lease.cursor).toBe(cursors[place[who] - 1] ?? begin);
            continue;
          }
          if (cursors.length === 0) continue;
          const at = each.at % cursors.length;
          const cursor = cursors[at];
          const passed = (upTo: number) => {
            for (let n = place[who]; n < upTo; n++) if (own[n] === true) received.add(n);
          };
          if (each.kind === 'back') {
            await consumers.mutate(operator, 'redeliverEvents', {
              clientId: 'test-client',
              consumer: who,
              after: cursor,
            });
            place[who] = at + 1;
          } else if (each.kind === 'acknowledge') {
            expect(
              (await consumers.mutate(oem, 'acknowledgeEvents', { consumer: who, cursor })).userErrors,
            ).toEqual([]);
            passed(at + 1);
            place[who] = Math.max(place[who], at + 1);
          } else {
            const { userErrors } = await consumers.mutate(oem, 'rejectEvent', {
              consumer: who,
              cursor,
              reason: 'No',
            });
            const isPast = at < place[who];
            const code = own[at] !== true ? 'NOT_FOUND' : isPast && !refused.has(at) ? 'CONFLICT' : undefined;
            expect(userErrors?.[0]?.code).toBe(code);
            if (code !== undefined || isPast) continue;
            passed(at);
            refused.add(at);
            place[who] = at + 1;
          }
        }
        const expected = [
          ...[...received].map((n) => `MO_CONTRACT_CREATED_SENT_TO_OEM E${String(n)}`),
          ...[...refused].map((n) => `MO_CONTRACT_REJECTED_BY_OEM E${String(n)} No`),
        ];
        // What is told of events that wait is another matter, and another test's.
        const told = (await consumers.told()).filter((one) => !one.includes('QUEUED'));
        expect(told.toSorted()).toEqual(expected.toSorted());
        // Where events of ours stand between, a place is that of the last own one at least.
        const shown = (await consumers.list(oem)).nodes;
        expect(shown.map(({ name, cursor }) => [name, cursor])).toEqual(
          (['a', 'b'] as const).map((name) => [name, cursors[place[name] - 1] ?? begin]),
        );
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
