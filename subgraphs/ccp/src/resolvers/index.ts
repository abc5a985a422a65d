import { auditRecords } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type { Resolvers } from '../../generated/resolvers.ts';
import { contractEventResolvers, eventQueries } from './contract-events.ts';
import { contractQueries, contractResolvers } from './contracts.ts';
import { contractMutations } from './mutations.ts';

/** CCP's resolvers: arguments in, the pool's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    ...contractQueries,
    ...eventQueries,
    contractPoolAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: contractMutations,
  Subscription: {
    contractEvents: {
      // Never called: the pool carries out queries and mutations only, and those that try end at `resolve`.
      subscribe: () => {
        throw executedByGateway();
      },
      resolve: () => {
        throw executedByGateway();
      },
    },
  },
  ...contractResolvers,
  ...contractEventResolvers,
};

const executedByGateway = () =>
  new ChargeGraphError('BAD_INPUT', 'Subscriptions are executed by the gateway: connect to its websocket.');
