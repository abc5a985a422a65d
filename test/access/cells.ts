import { expect, it } from 'vitest';
import { rightsColumns, rightsTable, type PartnerRole, type Right, type Role } from '@chargegraph/identity';
import { answersOnly, type SubgraphResponse } from '@chargegraph/graph';
import { eventually } from '../harness/wait.ts';
import { withSharedThings, type Target, type World } from '../harness/world.ts';
import { outcomeOf, type Outcome, type Probe } from './probe.ts';
import { recordQueries } from './queries.ts';

const targets: readonly Target[] = ['own', 'other', 'none'];

/** The cell of the table. */
export function rightOf(field: string, role: Role): Right {
  const row = rightsTable.get(field);
  if (row === undefined) throw new Error(`The rights table has no row ${field}.`);
  return row[role];
}

/** What the table's cell says of an operation on a thing of the target's. */
function expected(probe: Probe, right: Right, target: Target): Outcome {
  if (right === 'none') return 'refused';
  if (probe.makes === true) return right === 'any' || target === 'own' ? 'done' : 'refused';
  if (right === 'own' && target === 'other') return probe.foreign ?? 'absent';
  return target === 'none' && probe.general !== true ? 'absent' : 'done';
}

/** Another's thing and one that is not there read the same: that there is something is a secret. */
const hides = (probe: Probe) =>
  probe.makes !== true &&
  probe.general !== true &&
  (probe.missing !== undefined || (probe.foreign ?? 'absent') === 'absent');

/** A body without what differs by nature: the trace id. */
const comparable = ({ data, errors }: SubgraphResponse) =>
  JSON.stringify({ data, errors }).replaceAll(/"traceId":"[^"]*"/g, '"traceId":""');

/** A refused write's record is made beside the answer, and takes its place among the queries now here, now there. */
const isRecord = (query: string) => query.includes('INTO audit_open');

/** No write, so its refusals are not recorded. */
const isNoWrite = (field: string) =>
  !field.startsWith('Mutation') || answersOnly.includes(field.slice('Mutation.'.length));

/** The queries that an operation at a pool causes, its record included, and its answer. */
async function askedOf(
  world: World,
  { field, pool }: Probe,
  role: PartnerRole,
  of: Parameters<World['atPool']>[2],
) {
  const { result, queries } = await recordQueries(() => world.atPool(pool, role, of));
  if (!isNoWrite(field)) await eventually('the refusal is recorded', () => queries.some(isRecord));
  return {
    body: comparable(result),
    answer: queries.filter((query) => !isRecord(query)),
    records: queries.filter(isRecord),
  };
}

/**
 * Makes the tests of a probe's row: every role, on its own, another's and nobody's thing.
 *
 * @param settings what `setting` in a cell means
 */
export function testCells(
  probe: Probe,
  world: () => World,
  settings: { readonly setting: 'any' | 'none' },
): void {
  const { field, pool } = probe;
  const name = probe.how === undefined ? field : `${field} (${probe.how})`;
  const shared = () => sharedOf(world());
  for (const role of rightsColumns) {
    const cell = rightOf(field, role);
    const right = cell === 'setting' ? settings.setting : cell;
    const way = role === 'SERVICE' ? 'at the pool' : 'through the gateway and at the pool';

    it(`${name} is ${right} to ${role}, ${way}`, async () => {
      // A role that may not use the field at all is refused before anything is looked at.
      const tried = right === 'none' || probe.general === true ? (['other'] as const) : targets;
      for (const target of tried) {
        const outcome = expected(probe, right, target);
        const changes = field.startsWith('Mutation') && outcome === 'done' && probe.keeps !== true;
        const make = () => probe.operation(changes ? world() : shared(), target, role);
        const outcomes: Record<string, Outcome> = {};
        if (role !== 'SERVICE') outcomes['through'] = outcomeOf(await world().viaGateway(role, await make()));
        outcomes['direct'] = outcomeOf(await world().atPool(pool, role, await make()));
        const all = Object.fromEntries(Object.keys(outcomes).map((door) => [door, outcome]));
        expect({ target, ...outcomes }).toEqual({ target, ...all });
      }
    });

    if (right !== 'own' || role === 'SERVICE' || !hides(probe)) continue;
    it(`${name} reads the same to ${role} for another’s as for what is not there: same body, same queries`, async () => {
      const other = await probe.operation(shared(), 'other', role);
      const none = await (probe.missing?.(shared(), role) ?? probe.operation(shared(), 'none', role));
      expect(comparable(await world().viaGateway(role, other))).toBe(
        comparable(await world().viaGateway(role, none)),
      );
      const ofOther = await askedOf(world(), probe, role, other);
      const ofNone = await askedOf(world(), probe, role, none);
      expect(ofOther).toEqual(ofNone);
      // What is refused by the identifier alone needs no look into the database.
      if (probe.foreign !== 'refused') expect(ofOther.answer.length).toBeGreaterThan(0);
    });
  }
}

const sharings = new WeakMap<World, World>();

/** One set of shared things for a world. */
function sharedOf(world: World): World {
  const shared = sharings.get(world) ?? withSharedThings(world);
  sharings.set(world, shared);
  return shared;
}
