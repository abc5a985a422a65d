import { createAudit } from '@chargegraph/audit';
import { createDatabase, requireMigrated } from '@chargegraph/database';
import { createSubgraphExecutor, createSubgraphSchema, subgraphSdl, type Subgraph } from '@chargegraph/graph';
import { createClients, identityMigrations } from '@chargegraph/identity';
import type { Clock, Logger } from '@chargegraph/service';
import type { Context } from './context.ts';
import { resolvers } from './resolvers/index.ts';

/** What the subgraph of clients is given to run with. */
export interface IdentityDeps {
  /** PostgreSQL; clients are in the schema `identity`, as the gateway reads it. */
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The partners' clients in the graph. It has no events and asks no pool. */
export function createIdentity(deps: IdentityDeps): Subgraph {
  const logger = deps.logger.child({ pool: 'identity' });
  const database = createDatabase({
    url: deps.databaseUrl,
    schema: 'identity',
    logger,
    // One operator's work, beside the connections with which the gateway checks who calls.
    max: 4,
    statementTimeout: 10_000,
  });
  const clients = createClients({ database, clock: deps.clock });
  // The gateway, in whose process this runs, seals the records.
  const audit = createAudit({ database, clock: deps.clock, logger });

  return {
    name: 'identity',
    execute: createSubgraphExecutor<Context>({
      schema: createSubgraphSchema(subgraphSdl('identity'), resolvers, { refusals: audit.refusals }),
      logger,
      contextFor: (request) => {
        const { clientId, organisation } = request.caller;
        const writes = clients.as({ clientId, organisation, traceId: request.traceId });
        return { ...request, clients: { ...clients, ...writes }, auditLog: audit.log };
      },
    }),
    start: () => requireMigrated({ url: deps.databaseUrl, schema: 'identity', folder: identityMigrations }),
    stop: async () => {
      await audit.stop();
      await database.close();
    },
    health: async () => {
      await database.query('SELECT 1');
    },
  };
}
