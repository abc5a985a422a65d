import { GraphQLError, type ExecutionResult } from 'graphql';
import { LRUCache } from 'lru-cache';
import {
  checkCursor,
  decodeCursor,
  replayThenLive,
  type LoggedEvent,
  type ReadLog,
  type Tail,
} from '@chargegraph/events';
import { defaultDeadlineMs, type RequestContext, type SubgraphResponse } from '@chargegraph/graph';
import { rightsKey, type Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import { matcherOf, mayHear, type ContractEventFilter } from './contract-events.ts';
import { createEventPlan, type EventPlan } from './event-plan.ts';
import { subscriptionArguments } from './arguments.ts';

/** A subscription to be opened. */
export interface SubscriptionRequest {
  readonly prepared: PreparedOperation;
  readonly variables: Variables;
  readonly traceId: string;
  /** Whose rights count, asked anew for each event; throws when the caller is no longer let in. */
  readonly caller: () => Promise<Caller>;
}

/** Opens subscriptions on the graph's events. */
export interface Subscriptions {
  /**
   * Replays from the cursor, then goes on live.
   *
   * @throws ChargeGraphError CURSOR_INVALID, CURSOR_EXPIRED, BAD_INPUT or UNAVAILABLE
   */
  subscribe(request: SubscriptionRequest): Promise<AsyncIterableIterator<ExecutionResult, undefined>>;
}

/** Executions that are kept for subscribers who have not asked for them yet. */
const sharedExecutions = 10_000;
/** For how long, in milliseconds: links are read as of now, so a subscriber that lags more gets its own. */
const sharedForMs = 500;

/** Subscriptions over one tail of the contract pool's log. */
export function createSubscriptions(deps: {
  readonly executor: GraphExecutor;
  readonly tail: Tail;
  readonly read: ReadLog;
}): Subscriptions {
  const { executor, tail, read } = deps;
  const plans = new WeakMap<PreparedOperation, { plan: EventPlan; id: number }>();
  let planCount = 0;
  const shared = new LRUCache<string, Promise<SubgraphResponse>>({ max: sharedExecutions, ttl: sharedForMs });

  const planOf = (prepared: PreparedOperation) => {
    let known = plans.get(prepared);
    if (known === undefined) {
      known = { plan: createEventPlan(prepared, executor.supergraph), id: planCount++ };
      plans.set(prepared, known);
    }
    return known;
  };

  /** Subscribers with the same document, variables and rights share one execution per event. */
  const executeFor = (
    event: LoggedEvent,
    request: SubscriptionRequest,
    group: string,
    context: RequestContext,
  ) => {
    const key = `${group} ${event.logId} ${event.position}`;
    let execution = shared.get(key);
    if (execution === undefined) {
      const { plan } = planOf(request.prepared);
      const facts = plan.factsFor(event);
      execution = executor.run({
        prepared: request.prepared,
        variables: { ...request.variables, ...plan.variablesFor(event) },
        context,
        plan: plan.plan,
        extraPools: facts === undefined ? [] : [facts],
      });
      shared.set(key, execution);
      // A pool that was away for one subscriber may be back for the next.
      const forget = (): void => void shared.delete(key);
      execution.then(({ errors }) => {
        if (errors !== undefined) forget();
      }, forget);
    }
    return execution;
  };

  return {
    async subscribe(request) {
      const { where, after } = subscriptionArguments(
        request.prepared,
        request.variables,
        executor.supergraph,
      );
      const matches = matcherOf(where as ContractEventFilter | null | undefined);
      const events = replayThenLive(tail, read, { after: await startAfter(after, read) });
      const { plan, id } = planOf(request.prepared);
      const variablesKey = JSON.stringify(request.variables);

      const next = async (): Promise<IteratorResult<ExecutionResult, undefined>> => {
        for (;;) {
          const step = await events.next();
          if (step.done === true) return { done: true, value: undefined };
          const event = step.value;
          if (!matches(event)) continue;
          const caller = await request.caller();
          if (!mayHear(caller, event)) continue;
          const context = {
            caller,
            traceId: request.traceId,
            deadline: Date.now() + defaultDeadlineMs,
            hops: 0,
          };
          const group = `${id} ${variablesKey} ${rightsKey(caller)}`;
          const response = await executeFor(event, request, group, context);
          // The event is no longer the caller's to see, or no longer kept.
          if (response.data?.[plan.responseName] == null && response.errors === undefined) continue;
          return { done: false, value: toExecutionResult(response) };
        }
      };
      const iterator: AsyncIterableIterator<ExecutionResult, undefined> = {
        next,
        return: async () => {
          await events.return?.();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}

/** Where to begin: behind the cursor, once the log has confirmed it, or behind the log's present end. */
async function startAfter(after: unknown, read: ReadLog): Promise<number> {
  if (after == null) return (await read(0, 1)).head;
  if (typeof after !== 'string') throw new ChargeGraphError('BAD_INPUT', 'Cursor must be a string.');
  const cursor = decodeCursor(after);
  const page = await read(cursor.position, 1);
  const oldest = page.events[0]?.position ?? page.head + 1;
  checkCursor(cursor, { pool: 'ccp', logId: page.logId, head: page.head, oldest });
  return cursor.position;
}

/** A response as graphql-ws sends it. */
export function toExecutionResult(response: SubgraphResponse): ExecutionResult {
  return {
    ...(response.data !== undefined && { data: response.data }),
    ...(response.errors !== undefined && {
      errors: response.errors.map(
        ({ message, path, extensions }) =>
          new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null }),
      ),
    }),
  };
}
