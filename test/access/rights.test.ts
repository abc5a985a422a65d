import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partnerRoles, rightsTable, type PartnerRole, type Right } from '@chargegraph/identity';
import type { SubgraphResponse } from '@chargegraph/graph';
import { outcomeOf, type Outcome, type Probe } from './probe.ts';
import { contractProbes } from './probes-ccp.ts';
import { signingProbes } from './probes-cps.ts';
import { provisioningProbes } from './probes-pcp.ts';
import { rootProbes } from './probes-rcp.ts';
import { recordQueries } from './queries.ts';
import { startWorld, withSharedThings, type Target, type World } from '../harness/world.ts';

const probes: readonly Probe[] = [...rootProbes, ...provisioningProbes, ...signingProbes, ...contractProbes];
const targets: readonly Target[] = ['own', 'other', 'none'];

/** What the table's cell says of an operation on a thing of the target's. */
function expected(probe: Probe, right: Right, target: Target): Outcome {
  if (right === 'none' || right === 'setting') return 'refused';
  if (probe.makes === true) return right === 'any' || target === 'own' ? 'done' : 'refused';
  if (right === 'own' && target === 'other') return probe.foreign ?? 'absent';
  return target === 'none' && probe.general !== true ? 'absent' : 'done';
}

/** Another's thing and nobody's read the same: that there is something is a secret. */
const hides = (probe: Probe) =>
  probe.makes !== true && probe.general !== true && (probe.foreign ?? 'absent') === 'absent';

const rightOf = (field: string, role: PartnerRole): Right => {
  const row = rightsTable.get(field);
  if (row === undefined) throw new Error(`The rights table has no row ${field}.`);
  return row[role];
};

/** A body without what differs by nature: the trace id. */
const comparable = ({ data, errors }: SubgraphResponse) =>
  JSON.stringify({ data, errors }).replaceAll(/"traceId":"[^"]*"/g, '"traceId":""');

describe('the rights table, cell by cell', () => {
  let world: World;
  let shared: World;
  beforeAll(async () => {
    world = await startWorld();
    shared = withSharedThings(world);
  }, 60_000);
  afterAll(() => world.stop());

  for (const probe of probes) {
    const { field, pool } = probe;
    for (const role of partnerRoles) {
      const right = rightOf(field, role);

      it(`${field} is ${right} to ${role}, through the gateway and at the pool`, async () => {
        // A role that may not use the field at all is refused before anything is looked at.
        for (const target of right === 'none' ? (['other'] as const) : targets) {
          const outcome = expected(probe, right, target);
          const changes = field.startsWith('Mutation') && outcome === 'done';
          const make = () => probe.operation(changes ? world : shared, target, role);
          const through = await world.viaGateway(role, await make());
          const direct = await world.atPool(pool, role, await make());
          expect({ target, through: outcomeOf(through), direct: outcomeOf(direct) }).toEqual({
            target,
            through: outcome,
            direct: outcome,
          });
        }
      });

      if (right === 'own' && hides(probe)) {
        it(`${field} reads the same to ${role} for another’s as for nobody’s: same body, same queries`, async () => {
          const [other, none] = [
            await probe.operation(shared, 'other', role),
            await probe.operation(shared, 'none', role),
          ];
          expect(comparable(await world.viaGateway(role, other))).toBe(
            comparable(await world.viaGateway(role, none)),
          );
          const ofOther = await recordQueries(() => world.atPool(pool, role, other));
          const ofNone = await recordQueries(() => world.atPool(pool, role, none));
          expect(ofOther.queries.length).toBeGreaterThan(0);
          expect(ofOther.queries).toEqual(ofNone.queries);
          expect(comparable(ofOther.result)).toBe(comparable(ofNone.result));
        });
      }
    }
  }
});
