import { expiryQuestion } from '@chargegraph/expiry';
import { auditRecords } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';
import type { Resolvers } from '../../generated/resolvers.ts';
import { contractExpiry } from '../domain/expiry.ts';
import { contractEventResolvers, eventQueries } from './contract-events.ts';
import { contractQueries, contractResolvers } from './contracts.ts';
import { consumerMutations, consumerQueries, consumerResolvers } from './event-consumers.ts';
import { contractMutations } from './mutations.ts';
import { revocationQueries, revocationResolvers } from './revocation-requests.ts';

/** CCP's resolvers: arguments in, the pool's rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    ...contractQueries,
    ...eventQueries,
    ...revocationQueries,
    contractPoolExpiry: async (_, { within }, { counts, pools, clock }) => {
      const question = expiryQuestion(within, clock.now());
      const kinds = await contractExpiry(counts, await pools.roots.known(), question);
      return { pool: 'ccp', at: question.now, kinds };
    },
    ...consumerQueries,
    contractPoolAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: { ...contractMutations, ...consumerMutations },
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
  ...revocationResolvers,
  ...consumerResolvers,
};

const executedByGateway = () =>
  new ChargeGraphError('BAD_INPUT', 'Subscriptions are executed by the gateway: connect to its websocket.');
