import { expect, it } from 'vitest';
import type { Installation } from '../faults/installation.ts';
import { playOrder } from './play.ts';

/** Tests of order and completeness, on an installation with three gateways that other tests use too. */
export function orderTests(installation: () => Installation): void {
  it('reads everything that 16 writers in four processes commit, in order and without a gap, at three gateways', async () => {
    const report = await playOrder(installation(), {
      transactions: 40,
      longest: 150,
      publications: 2,
      contracts: 40,
      patience: 60_000,
    });
    expect(report.log).toEqual({ gaps: [], missing: [], foreign: [], disordered: [] });
    for (const reader of report.readers) {
      const { name, had } = reader;
      expect(reader).toEqual({ name, had, passedOver: [], again: [], lost: 0 });
    }
    // Nobody waited for the transaction that was open all the while, and its event came next after its commit.
    expect(report.open).toEqual({ loggedMeanwhile: report.logged - 1, tooSoon: false, behind: 1 });
    expect(report.logged).toBe(report.committed + 2 + 1);
    // There was something to get wrong.
    expect([report.rolledBack > 30, report.long > 5, report.committed > 450]).toEqual([true, true, true]);
    expect(new Set(report.readers.map(({ name }) => name)).size).toBeGreaterThan(6);
  }, 120_000);
}
