import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rightsTable } from '@chargegraph/identity';
import { startWorld, type World } from '../harness/world.ts';
import { testCells } from './cells.ts';
import { probes } from './probes.ts';

describe('where charge point operators may look contracts up', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ cpoContractLookup: true });
  }, 60_000);
  afterAll(() => world.stop());

  const rows = [...rightsTable].filter(([, row]) => Object.values(row).includes('setting'));

  it('that is all that the setting is about', () => {
    expect(rows.map(([field]) => field)).toEqual(['Query.contract', 'Query.contracts']);
    for (const [, { CPO, ...others }] of rows) {
      expect(CPO).toBe('setting');
      expect(Object.values(others)).not.toContain('setting');
    }
  });

  const ofSetting = probes.filter(({ field }) => rows.some(([name]) => name === field));
  for (const probe of ofSetting) testCells(probe, () => world, { setting: 'any' });

  it('they still have to name them, so that nobody lists or counts', async () => {
    for (const where of ['', ', where: { providerId: "DEAAA" }', ', where: { pcid: "AAA00000000000001" }']) {
      const { errors } = await world.viaGateway('CPO', {
        query: `{ contracts(first: 1${where}) { totalCount } }`,
        variables: {},
      });
      expect(errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    }
  });
});
