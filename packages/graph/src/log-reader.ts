import type { Caller } from '@chargegraph/identity';
import { standalonePools } from './sdl.ts';

/**
 * The pool that reads a log to carry out what follows from it, by its service identity; undefined for everybody else:
 * a gateway's tail keeps nothing from being pruned.
 */
export function logReader({ roles, clientId }: Caller): string | undefined {
  return roles.has('SERVICE') ? standalonePools.find((pool) => pool === clientId) : undefined;
}
