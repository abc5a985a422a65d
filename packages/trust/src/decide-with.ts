import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { RootSet } from './root-set.ts';
import type { TrustedRoots } from './trust.ts';

/** Refusals that another root, or a renewed one, could make undone. */
const curable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ROOT_UNKNOWN',
  'CHAIN_INVALID',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_INVALID',
  'SIGNER_UNAVAILABLE',
]);

/**
 * Decides on a write by RCP's roots. What is refused for the roots that are known is decided again by those that RCP
 * says it holds, so that a root counts from the moment it was added.
 *
 * @param decide has no effects: it may be called twice
 * @throws ChargeGraphError the refusal; UNAVAILABLE when RCP would have to be asked and does not answer
 */
export async function decideWith<T>(
  roots: TrustedRoots,
  decide: (held: RootSet) => T | Promise<T>,
): Promise<T> {
  const held = await roots.current();
  try {
    return await decide(held);
  } catch (error) {
    const wasAsked = held.position === undefined;
    if (wasAsked || !(error instanceof ChargeGraphError) || !curable.has(error.code)) throw error;
  }
  return await decide(await roots.fresh());
}
