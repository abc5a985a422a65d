import { readDuration } from '@chargegraph/graph';
import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';

/** The log among the fields of `Query`. */
export const eventQueries: Pick<QueryResolvers, 'operatorEvent' | 'signingServiceEventLog'> = {
  operatorEvent: async (_, { cursor }, { log }) => (await log.at(cursor)) ?? null,
  signingServiceEventLog: (_, request, { log }) => log.read(request),
};

/** An event: its own fields from the log. */
export const eventResolvers: Pick<Resolvers, 'OperatorEvent'> = {
  OperatorEvent: {
    day: ({ facts }) => facts.day,
    pools: ({ facts }) =>
      facts.pools.map(({ pool, at, kinds }) => ({
        pool,
        at: new Date(at),
        kinds: kinds.map((kind) => ({
          ...kind,
          within: kind.within.map(({ duration, count }) => ({ duration: readDuration(duration), count })),
        })),
      })),
    missingPools: ({ facts }) => facts.missingPools,
    urgent: ({ facts }) =>
      facts.urgent.map(({ endsAt, ...certificate }) => ({ ...certificate, endsAt: new Date(endsAt) })),
  },
};
