import {
  replayThenLive,
  type LogFollower,
  type LoggedEvent,
  type LogMarker,
  type Tail,
} from '@chargegraph/events';
import { defaultDeadlineMs } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import { openedSubscription } from './arguments.ts';
import type { CloseCode } from './close-codes.ts';
import { holdConsumer } from './consumer-hold.ts';
import type { ConsumerLease, ConsumerLeases } from './consumer-leases.ts';
import { createEventExecutions, type Told } from './event-executions.ts';
import type { EventOutlet } from './event-outlet.ts';
import type { EventSource } from './event-source.ts';
import type { LogStart, LogStarts } from './log-start.ts';
import type { SharedReads } from './shared-reads.ts';

/** A subscription to be opened. */
export interface SubscriptionRequest {
  readonly prepared: PreparedOperation;
  readonly variables: Variables;
  readonly traceId: string;
  /** Whose rights count, asked anew for each event, until somebody can tell; throws when the caller is no longer let in. */
  readonly caller: () => Promise<Caller>;
  /** The same without waiting; undefined when it has to be asked. */
  readonly knownCaller: () => Caller | undefined;
  /** Where the events go. */
  readonly outlet: EventOutlet;
  /** Closes the socket that it came over. */
  readonly close: (why: CloseCode) => void;
}

/** A subscription that tells its events to an outlet by itself. */
export interface RunningSubscription {
  /**
   * Begins to tell; resolves when the subscription has ended.
   *
   * @throws ChargeGraphError why it cannot go on
   */
  run(): Promise<void>;
  /** Ends it: nothing is sent from then on. */
  end(): void;
}

/** Opens subscriptions on the graph's events. */
export interface Subscriptions {
  /**
   * Makes one that replays from the cursor, then goes on live.
   *
   * @throws ChargeGraphError CURSOR_INVALID, CURSOR_EXPIRED, BAD_INPUT or UNAVAILABLE; of named consumers also CONFLICT
   */
  subscribe(request: SubscriptionRequest): Promise<RunningSubscription>;
}

/** A log that can be subscribed to, with this gateway's one tail of it. */
export interface TailedSource {
  readonly source: EventSource;
  readonly tail: Tail;
  readonly reads: SharedReads;
  readonly starts: LogStarts;
}

/** What the subscriptions run on. */
export interface SubscriptionsDeps {
  readonly executor: GraphExecutor;
  readonly sources: readonly TailedSource[];
  /** The named consumers, for the source that has them. */
  readonly leases: ConsumerLeases;
  /** Milliseconds after which a subscriber that wants markers and was told nothing is told one. */
  readonly heartbeat: number;
}

/** Subscriptions over the logs that are tailed. */
export function createSubscriptions({
  executor,
  heartbeat,
  leases,
  ...deps
}: SubscriptionsDeps): Subscriptions {
  const sources = new Map(deps.sources.map((tailed) => [tailed.source.subscription, tailed]));
  const executions = createEventExecutions(executor);

  return {
    async subscribe({ prepared, variables, traceId, ...request }) {
      const { field, args } = openedSubscription(prepared, variables, executor.supergraph);
      const tailed = sources.get(field);
      if (tailed === undefined) throw new ChargeGraphError('BAD_INPUT', 'There is no such subscription.');
      const { source, tail, reads, starts } = tailed;
      const matches = source.matcherOf(args['where']);
      const planned = executions.plan(prepared, source, variables);
      const { start, lease } = await begin(args, starts, { leases, caller: request.caller });
      const markers = args['markers'] === true;
      const follow = {
        after: start.position,
        logId: start.logId,
        logged: start.logged,
        wants: (event: LoggedEvent) => {
          if (!matches(event)) return false;
          const caller = request.knownCaller();
          return caller === undefined || source.mayHear(caller, event);
        },
      };
      const items: LogFollower<LoggedEvent | LogMarker> = markers
        ? replayThenLive(tail, reads.replay, { ...follow, heartbeat })
        : replayThenLive(tail, reads.replay, follow);
      const hold =
        lease &&
        holdConsumer(lease, {
          close: request.close,
          endEvents: () => void items.return?.(),
        });
      let ended = false;
      const end = (): void => {
        ended = true;
        hold?.release();
        void items.return?.();
      };
      let toldAt = performance.now();

      const tellTo = (caller: Caller, item: LoggedEvent | LogMarker): Told | Promise<Told> => {
        const context = { caller, traceId, deadline: Date.now() + defaultDeadlineMs, hops: 0 };
        if ('marker' in item) return planned.forMarker(item, context);
        return source.mayHear(caller, item) ? planned.forEvent(item, context) : undefined;
      };
      /** What the subscriber is told; undefined when it is not to hear of it, or not any more. */
      const tell = (item: LoggedEvent | LogMarker): Told | Promise<Told> => {
        const caller = request.knownCaller();
        return caller === undefined
          ? request.caller().then((asked) => tellTo(asked, item))
          : tellTo(caller, item);
      };

      /** Tells one item; false when the subscription has ended. Waits only when it must. */
      const deliver = async (item: LoggedEvent | LogMarker): Promise<boolean> => {
        const telling = tell(item);
        let told = telling instanceof Promise ? await telling : telling;
        // Others' events pass by without rest: the cursor has to move on all the same.
        if (told === undefined && markers && performance.now() - toldAt >= heartbeat) {
          const { logId, position } = item;
          told = await tell({ marker: 'HEARTBEAT', logId, position });
        }
        if (told === undefined) return true;
        // Nothing under a consumer that was lost meanwhile.
        if (hold?.mayTell() === false || ended) return false;
        toldAt = performance.now();
        const full = request.outlet.send(told);
        if (full !== undefined) await full;
        return true;
      };

      return {
        end,
        run: async () => {
          try {
            for (;;) {
              const step = await items.next();
              if (hold?.mayTell() === false || step.done === true) return;
              let item: LoggedEvent | LogMarker | undefined = step.value;
              while (item !== undefined) {
                if (!(await deliver(item))) return;
                item = items.takeNow();
              }
            }
          } finally {
            end();
          }
        },
      };
    },
  };
}

/** Where to begin, with the named consumer that is asked for, if one is. */
async function begin(
  args: Readonly<Record<string, unknown>>,
  starts: LogStarts,
  { leases, caller }: { readonly leases: ConsumerLeases; readonly caller: () => Promise<Caller> },
): Promise<{ readonly start: LogStart; readonly lease?: ConsumerLease }> {
  const { consumer, after, fromBeginning } = args;
  if (typeof consumer !== 'string') return { start: await starts.startAfter(args) };
  // Before the consumer is taken: this may fail.
  const logged = await starts.logged();
  const lease = await leases.take({
    caller: await caller(),
    consumer,
    after: typeof after === 'string' ? after : undefined,
    fromBeginning: fromBeginning === true,
  });
  return { start: { ...lease.begin, logged }, lease };
}
