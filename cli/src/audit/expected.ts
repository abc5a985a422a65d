import type { ChainPoint } from '@chargegraph/audit';
import { ConfigurationError } from '@chargegraph/service';

/** A point of a pool's chain that was noted before. */
export interface ExpectedPoint extends ChainPoint {
  readonly pool: string;
}

/**
 * Reads `<pool>:<position>:<hash>`.
 *
 * @throws ConfigurationError naming the rule
 */
export function readExpected(text: string, pools: readonly string[]): ExpectedPoint {
  const [, pool = '', position = '', hash = ''] = /^([a-z]+):(\d{1,18}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (!pools.includes(pool)) {
    throw new ConfigurationError(
      `--expect is wrong: use <pool>:<position>:<hash>, as verify prints it, with one of the pools ${pools.join(', ')}.`,
    );
  }
  return { pool, position: BigInt(position), hash: hash.toLowerCase() };
}
