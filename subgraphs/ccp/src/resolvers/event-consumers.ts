import { encodeCursor } from '@chargegraph/events';
import { pageRequest, toConnection, withUserErrors, type KeyShape } from '@chargegraph/graph';
import type { MutationResolvers, QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { acknowledgeEvents, rejectEvent } from '../domain/acknowledge-events.ts';
import { isConsumerName, type EventConsumer, type LeaseState } from '../domain/event-consumer.ts';
import {
  leaseConsumer,
  parseFencing,
  releaseConsumer,
  renewConsumers,
  type Lease,
} from '../domain/lease-consumer.ts';
import {
  consumerQuery,
  deleteConsumer,
  redeliverEvents,
  sendTestEvent,
} from '../domain/operate-consumers.ts';
import { doing } from '../domain/work.ts';

interface ConsumerPayload {
  readonly consumer: EventConsumer | null;
}

/** PostgreSQL takes no U+0000. */
const clientKey: KeyShape = (text) => text.length <= 200 && !text.includes('\u0000');

/** The list among the fields of `Query`. */
export const consumerQueries: Pick<QueryResolvers, 'eventConsumers'> = {
  eventConsumers: async (_, { where, ...args }, { caller, consumers, clock }) => {
    const page = pageRequest(args, [clientKey, isConsumerName]);
    const query = consumerQuery(caller, where ?? {}, clock.now());
    const rows = query === undefined ? [] : await consumers.page(query, page);
    return toConnection(
      page,
      rows,
      ({ clientId, name }) => [clientId, name],
      () => (query === undefined ? Promise.resolve(0) : consumers.count(query)),
    );
  },
};

/** The mutations of consumers. */
export const consumerMutations: Pick<
  MutationResolvers,
  | 'acknowledgeEvents'
  | 'rejectEvent'
  | 'deleteEventConsumer'
  | 'redeliverEvents'
  | 'sendTestEvent'
  | 'leaseEventConsumer'
  | 'renewEventConsumers'
  | 'releaseEventConsumer'
> = {
  acknowledgeEvents: (_, { input }, context) =>
    withUserErrors<ConsumerPayload>({ consumer: null }, async () => ({
      consumer: await acknowledgeEvents(context, input),
    })),
  rejectEvent: (_, { input }, context) =>
    withUserErrors<ConsumerPayload>({ consumer: null }, async () => ({
      consumer: await rejectEvent(context, input, doing(context, 'rejectEvent')),
    })),
  deleteEventConsumer: (_, { input }, context) =>
    withUserErrors<{ readonly deletedName: string | null }>({ deletedName: null }, async () => ({
      deletedName: await deleteConsumer(context, input, doing(context, 'deleteEventConsumer')),
    })),
  redeliverEvents: (_, { input }, context) =>
    withUserErrors<ConsumerPayload>({ consumer: null }, async () => ({
      consumer: await redeliverEvents(context, input, doing(context, 'redeliverEvents')),
    })),
  sendTestEvent: (_, { input }, context) =>
    withUserErrors<{ readonly eventId: string | null }>({ eventId: null }, async () => ({
      eventId: await sendTestEvent(context, input, doing(context, 'sendTestEvent')),
    })),
  leaseEventConsumer: (_, { input }, context) =>
    withUserErrors<{ readonly lease: Lease | null }>({ lease: null }, async () => ({
      lease: await leaseConsumer(context, { ...input, fromBeginning: input.fromBeginning ?? false }),
    })),
  renewEventConsumers: (_, { input }, context) =>
    withUserErrors<{ readonly states: readonly LeaseState[] }>({ states: [] }, async () => ({
      states: await renewConsumers(context, input.leases.map(leaseKey)),
    })),
  releaseEventConsumer: (_, { input }, context) =>
    withUserErrors<{ readonly released: boolean }>({ released: false }, async () => ({
      released: await releaseConsumer(context, leaseKey(input)),
    })),
};

const leaseKey = (lease: {
  readonly clientId: string;
  readonly consumer: string;
  readonly holder: string;
  readonly fencing: string;
}) => ({
  clientId: lease.clientId,
  name: lease.consumer,
  holder: lease.holder,
  fencing: parseFencing(lease.fencing),
});

/** A consumer and its lease. */
export const consumerResolvers: Pick<Resolvers, 'EventConsumer' | 'EventConsumerLease'> = {
  EventConsumer: {
    cursor: ({ place }) => encodeCursor({ pool: 'ccp', ...place }),
    lag: ({ lag }) => lag ?? null,
    oldestUnacknowledgedAt: ({ oldestUnacknowledgedAt }) => oldestUnacknowledgedAt ?? null,
    connected: ({ leaseUntil }, _, { clock }) => leaseUntil !== undefined && leaseUntil > clock.now(),
  },
  EventConsumerLease: {
    fencing: ({ fencing }) => String(fencing),
    cursor: ({ place }) => encodeCursor({ pool: 'ccp', ...place }),
  },
};
