import type { Database } from '@chargegraph/database';
import type { Clock } from '@chargegraph/service';
import type { Clients } from './client.ts';
import { createClientReads } from './reads.ts';
import { createClientWrites } from './writes.ts';

/** The clients over their database. */
export function createClients(deps: { readonly database: Database; readonly clock: Clock }): Clients {
  return { ...createClientReads(deps.database), as: (act) => createClientWrites(deps, act) };
}
