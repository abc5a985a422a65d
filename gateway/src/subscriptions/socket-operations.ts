import { randomUUID } from 'node:crypto';
import { GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { defaultDeadlineMs, type RequestContext } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { PersistedDocuments } from '../graph/persisted-documents.ts';
import type { GatewayLimits } from '../limits/gateway-limits.ts';
import type { Cost, PartnerLimits } from '../limits/partner-limits.ts';
import type { RefusedWrites } from '../limits/refused-writes.ts';
import { createEventOutlets, type EventOutlet } from './event-outlet.ts';
import { toExecutionResult } from './results.ts';
import type { SocketAdmission, SocketContext } from './socket-admission.ts';
import type { RunningSubscription, Subscriptions } from './subscribe.ts';

/** An operation on its way through graphql-ws, which asks for schema and document but only hands them on. */
interface Operation extends ExecutionArgs {
  readonly contextValue: {
    readonly prepared: PreparedOperation;
    readonly variables: Variables;
    readonly authorization: string;
    readonly socket: WebSocket;
    readonly outlet: EventOutlet;
    readonly traceId: string;
    readonly cost: Cost | undefined;
  };
}

/** What operations over websockets run on. */
export interface SocketOperationsDeps {
  readonly executor: GraphExecutor;
  readonly subscriptions: Subscriptions;
  readonly limits: PartnerLimits;
  /** Where mutations are told to that are refused before a pool sees them. */
  readonly refusedWrites: RefusedWrites;
  readonly documents: PersistedDocuments;
  readonly bounds: Pick<GatewayLimits, 'maxSockets' | 'maxSubscriptions'>;
}

/** The part of graphql-ws's options that runs operations. */
export function createSocketOperations(
  { executor, subscriptions, limits, refusedWrites, documents, bounds }: SocketOperationsDeps,
  admission: SocketAdmission,
) {
  const openOutlet = createEventOutlets();
  const authenticate: SocketAdmission['authenticate'] = (socket, authorization) =>
    admission.authenticate(socket, authorization);

  const toGraphQLErrors = (error: unknown, traceId: string): readonly GraphQLError[] =>
    executor
      .format(error, { traceId })
      .map(({ message, extensions }) => new GraphQLError(message, { extensions: extensions ?? null }));

  return {
    onSubscribe: async (
      { extra, subscriptions: openOnes }: SocketContext,
      id: string,
      payload: SubscribePayload,
    ): Promise<Operation | readonly GraphQLError[]> => {
      const traceId = randomUUID();
      const variables = payload.variables ?? {};
      // graphql-ws has put this one among them already; others may follow while this one waits.
      const open = Object.keys(openOnes).length;
      const { socket, request } = extra;
      const authorization = extra.authorization ?? '';
      try {
        const { caller } = await authenticate(socket, authorization);
        const passage = limits.enter(caller);
        let prepared: PreparedOperation;
        let query: unknown = payload.query;
        try {
          query = documents.textOf(payload);
          checkOpen(open, bounds);
          prepared = executor.prepare(
            typeof query === 'string' ? query : '',
            payload.operationName ?? undefined,
          );
          executor.admit(prepared, variables, contextOf(caller, traceId));
          await passage.admit(prepared, variables);
        } catch (error) {
          const errors = toGraphQLErrors((await passage.end()) ?? error, traceId);
          const { operationName } = payload;
          refusedWrites.tell({ query, operationName, variables, caller, traceId }, errors);
          return errors;
        }
        const outlet = openOutlet(socket, request.socket, id);
        const { cost } = passage;
        return {
          schema: executor.supergraph.apiSchema,
          document: prepared.document,
          operationName: payload.operationName,
          contextValue: { prepared, variables, authorization, socket, outlet, traceId, cost },
        };
      } catch (error) {
        return toGraphQLErrors(error, traceId);
      }
    },

    execute: async (args: ExecutionArgs): Promise<ExecutionResult> => {
      const { prepared, variables, authorization, socket, traceId, cost } = (args as Operation).contextValue;
      try {
        const { caller } = await authenticate(socket, authorization);
        const context = contextOf(caller, traceId);
        const result = toExecutionResult(await executor.run({ prepared, variables, context }));
        return { ...result, extensions: { cost: showCost(cost) } };
      } catch (error) {
        return { errors: toGraphQLErrors(error, traceId) };
      }
    },

    subscribe: async (
      args: ExecutionArgs,
    ): Promise<AsyncIterableIterator<ExecutionResult, undefined> | ExecutionResult> => {
      const { prepared, variables, authorization, socket, outlet, traceId } = (args as Operation)
        .contextValue;
      try {
        const running = await subscriptions.subscribe({
          prepared,
          variables,
          traceId,
          outlet,
          caller: () => admission.awaitCaller(socket, authorization),
          knownCaller: () => admission.knownCaller(authorization),
          close: ({ code, reason }) => {
            socket.close(code, reason);
          },
        });
        return endOf(running, (error) => toGraphQLErrors(error, traceId));
      } catch (error) {
        return { errors: toGraphQLErrors(error, traceId) };
      }
    },
  };
}

const contextOf = (caller: Caller, traceId: string): RequestContext => ({
  caller,
  traceId,
  deadline: Date.now() + defaultDeadlineMs,
  hops: 0,
});

/** There are no headers beside a result, so all that is known of its cost stands in it. */
const showCost = (cost: Cost | undefined) =>
  cost && {
    requested: cost.requested,
    ...(cost.balance !== undefined && {
      remaining: cost.balance.remaining,
      resetAt: new Date(cost.balance.resetAt).toISOString(),
    }),
  };

/** @throws ChargeGraphError LIMIT_EXCEEDED */
function checkOpen(open: number, { maxSubscriptions }: Pick<GatewayLimits, 'maxSubscriptions'>): void {
  if (maxSubscriptions === 0 || open <= maxSubscriptions) return;
  throw new ChargeGraphError(
    'LIMIT_EXCEEDED',
    `This would be operation ${open} that is open on this socket; at most ${maxSubscriptions} are allowed.`,
  );
}

/**
 * A subscription as graphql-ws takes it: its events go out beside it, and the iterator has nothing but the end. What goes wrong
 * on the way becomes the subscription's last result: thrown, it would end the socket for good.
 */
function endOf(
  running: RunningSubscription,
  show: (error: unknown) => readonly GraphQLError[],
): AsyncIterableIterator<ExecutionResult, undefined> {
  let begun = false;
  const iterator: AsyncIterableIterator<ExecutionResult, undefined> = {
    next: async () => {
      if (begun) return { done: true, value: undefined };
      begun = true;
      try {
        await running.run();
        return { done: true, value: undefined };
      } catch (error) {
        return { done: false, value: { errors: show(error) } };
      }
    },
    return: () => {
      running.end();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
