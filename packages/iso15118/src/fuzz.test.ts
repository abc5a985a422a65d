import { describe, expect, it } from 'vitest';
import { runFuzz } from '../fuzz/fuzz.ts';
import type { FuzzTarget } from '../fuzz/target.ts';
import { createTargets } from '../fuzz/targets.ts';

const seed = 20_261_101;

describe('hostile input', () => {
  it('makes no reader throw anything but the errors of the package', () => {
    const { targets, fault } = runFuzz(createTargets(seed), { seed, from: 0, count: 4000 });
    expect(fault).toBeUndefined();
    for (const [name, { inputs, accepted }] of targets) {
      expect(inputs, name).toBeGreaterThan(50);
      // If mutations were all refused at the first octet, nothing behind it would be tried.
      expect(accepted, name).toBeGreaterThan(0);
    }
  });

  it('is made again from seed and number when a reader breaks its promise', () => {
    const broken: FuzzTarget = {
      name: 'broken',
      share: 1,
      corpus: [Uint8Array.of(1, 2, 3)],
      read: (octets) => {
        if (octets.length > 40) throw new TypeError('too much for me');
        return true;
      },
    };
    const { fault } = runFuzz([broken], { seed, from: 0, count: 10_000 });
    expect(fault?.what).toBeInstanceOf(TypeError);
    const again = runFuzz([broken], { seed, from: fault?.index ?? 0, count: 1 });
    expect(again.fault).toEqual(fault);
  });
});
