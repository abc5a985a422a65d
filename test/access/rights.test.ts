import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rightsTable } from '@chargegraph/identity';
import { startWorld, type World } from '../harness/world.ts';
import { testCells } from './cells.ts';
import { addedCa } from './probes-cps.ts';
import { probes } from './probes.ts';

describe('the rights table, cell by cell', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await addedCa(world);
  }, 60_000);
  afterAll(() => world.stop());

  it('has a probe for every row; subscriptions have a test of their own', () => {
    const queriesAndMutations = [...rightsTable.keys()].filter((field) => !field.startsWith('Subscription.'));
    expect([...new Set(probes.map(({ field }) => field))].sort()).toEqual(queriesAndMutations.sort());
  });

  for (const probe of probes) testCells(probe, () => world, { setting: 'none' });
});
