import type { Role } from '@chargegraph/identity';
import type { SubgraphResponse } from '@chargegraph/graph';
import type { Operation, Target, World } from '../harness/world.ts';

/** What became of an operation: carried out, refused for want of rights, or answered as if nothing were there. */
export type Outcome = 'done' | 'refused' | 'absent';

/** How one field of the rights table is tried. */
export interface Probe {
  /** As in the rights table: `Query.contract`. */
  readonly field: string;
  /** What sets it apart from other probes of the field. */
  readonly how?: string;
  /** The pool that owns it. */
  readonly pool: string;
  /**
   * An operation that uses the field on a thing of the target's, made in `world`; `role` says whose rights count: a car maker's things are its cars, a mobility operator's its contracts.
   */
  operation(world: World, target: Target, role: Role): Promise<Operation>;
  /**
   * The field makes the thing: then there is nothing to hide, and whoever may not make it is told so. Whose WMI or
   * provider id is whose is no secret.
   */
  readonly makes?: true;
  /** A mutation that leaves the thing such that it can be tried on it again. */
  readonly keeps?: true;
  /** The field is about no single thing, so nothing can be absent. */
  readonly general?: true;
  /**
   * What comes of it with the right `own` for another's thing; absent unless said. Whoever is told that it is not its
   * own must be told the same of a thing of that other party's which is not there: see {@link missing}.
   */
  readonly foreign?: Outcome;
  /** Names the same other party's thing, which does not exist; without it nobody's thing reads like another's. */
  missing?(world: World, role: Role): Promise<Operation>;
}

/** Reads what became of an operation off its response. */
export function outcomeOf({ data, errors }: SubgraphResponse): Outcome {
  const code = errors?.[0]?.extensions?.['code'];
  if (code === 'FORBIDDEN') return 'refused';
  if (errors !== undefined || data == null) throw new Error(JSON.stringify(errors));
  const [value] = Object.values(data);
  if (value === null || value === false) return 'absent';
  const { userErrors, outcome, nodes } = value as {
    userErrors?: readonly { code: string; message: string }[];
    outcome?: string | null;
    nodes?: readonly unknown[];
  };
  if (nodes?.length === 0 || outcome === 'NO_CONTRACT') return 'absent';
  const [refusal] = userErrors ?? [];
  if (refusal === undefined) return 'done';
  if (refusal.code === 'NOT_FOUND') return 'absent';
  if (refusal.code === 'FORBIDDEN') return 'refused';
  throw new Error(`${refusal.code}: ${refusal.message}`);
}

/** A pool's audit, which is about everything that was written to it. */
export function auditProbe(name: string, pool: string): Probe {
  return {
    field: `Query.${name}`,
    pool,
    general: true,
    operation: () =>
      Promise.resolve({ query: `{ ${name}(first: 1) { nodes { action } totalCount } }`, variables: {} }),
  };
}

/** A pool's counts of what ends, which are about everything that it holds. */
export function expiryProbe(name: string, pool: string): Probe {
  return {
    field: `Query.${name}`,
    pool,
    general: true,
    operation: () =>
      Promise.resolve({ query: `{ ${name} { pool kinds { kind total within { count } } } }`, variables: {} }),
  };
}
