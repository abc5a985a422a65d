import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { eventually } from '../harness/wait.ts';
import { startWorld, type World } from '../harness/world.ts';
import { emptyModel } from './model.ts';
import { inEcosystem, inModel, newThings, type Command, type Things } from './parties.ts';

const car = fc.nat(2);
const contract = fc.nat(3);
const by = fc.constantFrom('own' as const, 'other' as const);
const kinds = {
  publishCar: { car, by, newKey: fc.boolean() },
  reset: { car, by },
  takeOut: { car, by },
  publishContract: { car, contract, by },
  deleteContract: { contract, by },
  setDefault: { car, contract, by },
};
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('publishCar' as const), ...kinds.publishCar }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('publishContract' as const), ...kinds.publishContract }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('setDefault' as const), ...kinds.setDefault }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('deleteContract' as const), ...kinds.deleteContract }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), ...kinds.reset }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOut' as const), ...kinds.takeOut }) },
);

/** The cars are there from the beginning, so that most of what follows comes to something. */
const published: readonly Command[] = [
  { kind: 'publishCar', car: 0, by: 'own', newKey: true },
  { kind: 'publishCar', car: 1, by: 'own', newKey: true },
  { kind: 'publishCar', car: 2, by: 'other', newKey: true },
];

interface Logged {
  readonly type: string;
  readonly facts: { readonly emaid: string; readonly pcid: string };
}

describe('any order of what any parties do', () => {
  let world: World;
  let pcp: Database;
  let ccp: Database;
  beforeAll(async () => {
    world = await startWorld();
    const open = (schema: string) =>
      createDatabase({ url: world.databaseUrl, schema, logger: silentLogger, max: 2 });
    [pcp, ccp] = [open('pcp'), open('ccp')];
  }, 60_000);
  afterAll(async () => {
    await Promise.all([pcp.close(), ccp.close()]);
    await world.stop();
  });

  /** Waits until all that was committed is logged and what follows from it is done. */
  const settled = () =>
    eventually('what follows from the events', async () => {
      const [open] = await pcp.query<{ head: string; left: boolean }>(
        'SELECT position AS head, EXISTS (SELECT FROM outbox) AS left FROM log_head',
      );
      const [done] = await ccp.query<{ position: string | null; left: boolean }>(
        'SELECT max(position) AS position, EXISTS (SELECT FROM outbox) AS left FROM consumer_cursor WHERE name = $1',
        ['pcp'],
      );
      return open?.left === false && done?.left === false && done.position === open.head;
    });

  const stored = async ({ cars }: Things) => {
    const pcids = cars.map(({ pcid }) => pcid);
    const rows = async <Row>(database: Database, sql: string) => await database.query<Row>(sql, [pcids]);
    return {
      cars: (
        await rows<{ pcid: string }>(pcp, 'SELECT pcid FROM provisioning_certificate WHERE pcid = ANY ($1)')
      ).map(({ pcid }) => pcid),
      contracts: await rows<{ emaid: string; pcid: string }>(
        ccp,
        'SELECT emaid, pcid FROM contract WHERE pcid = ANY ($1)',
      ),
      defaults: await rows<{ pcid: string; emaid: string }>(
        ccp,
        'SELECT f.pcid, c.emaid FROM contract_default f JOIN contract c USING (emaid_key) WHERE f.pcid = ANY ($1)',
      ),
      carEvents: await rows<Logged>(
        pcp,
        "SELECT type, facts FROM log WHERE facts ->> 'pcid' = ANY ($1) ORDER BY position",
      ),
      contractEvents: await rows<Logged>(
        ccp,
        "SELECT type, facts FROM log WHERE facts ->> 'pcidKey' = ANY ($1) ORDER BY position",
      ),
    };
  };

  /** What there is by the log alone. */
  const replayed = (
    events: readonly Logged[],
    keyOf: (event: Logged) => string,
    gone: RegExp,
    told: RegExp,
  ) => {
    const there = new Set<string>();
    for (const event of events) {
      if (gone.test(event.type)) there.delete(keyOf(event));
      else if (told.test(event.type)) there.add(keyOf(event));
    }
    return there;
  };

  it('leaves the pools as the rules say, and the logs tell how it came about', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 14 }), async (commands) => {
        const things = newThings(world);
        const model = emptyModel();
        for (const each of [...published, ...commands]) {
          const expected = inModel(model, things, each);
          expect({ ...each, result: await inEcosystem(world, things, each) }).toEqual({
            ...each,
            result: expected,
          });
          if (each.kind === 'reset' || each.kind === 'takeOut' || each.kind === 'publishCar') await settled();
        }
        await settled();

        const pools = await stored(things);
        const contracts = new Map(pools.contracts.map(({ emaid, pcid }) => [emaid, pcid]));
        expect(new Set(pools.cars)).toEqual(model.cars);
        expect(contracts).toEqual(new Map([...model.contracts].map(([emaid, { pcid }]) => [emaid, pcid])));
        expect(new Map(pools.defaults.map(({ pcid, emaid }) => [pcid, emaid]))).toEqual(model.defaults);
        expect(
          replayed(pools.carEvents, ({ facts }) => facts.pcid, /_DELETED$/, /_(PUBLISHED|UPDATED)$/),
        ).toEqual(model.cars);
        expect(
          replayed(pools.contractEvents, ({ facts }) => facts.emaid, /^OEM_.*_DELETED$/, /^OEM_.*_CREATED$/),
        ).toEqual(new Set(model.contracts.keys()));
      }),
      { numRuns: Number(process.env['CHARGEGRAPH_PROPERTY_RUNS'] ?? 12) },
    );
  }, 120_000);
});
