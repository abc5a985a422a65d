import type { LoggedEvent, LogMarker } from '@chargegraph/events';
import type { RequestContext, SubgraphResponse } from '@chargegraph/graph';
import { rightsKey, type Caller } from '@chargegraph/identity';
import { LRUCache } from 'lru-cache';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import { createEventPlan, type EventPlan } from './event-plan.ts';
import type { EventSource } from './event-source.ts';
import { resultText } from './results.ts';

/** A result as it is sent, in JSON; undefined for an event that is not to be seen. */
export type Told = string | undefined;

/** One subscriber's document and variables, ready to be run for any number of events. */
export interface PlannedSubscription {
  /** The event in the document's shape; at once when it is known. */
  forEvent(event: LoggedEvent, context: RequestContext): Told | Promise<Told>;
  /** A marker in the document's shape. */
  forMarker(marker: LogMarker, context: RequestContext): Told | Promise<Told>;
}

/** Runs subscribers' documents for events. */
export interface EventExecutions {
  /** Plans a document, once however many subscribers have it. */
  plan(prepared: PreparedOperation, source: EventSource, variables: Variables): PlannedSubscription;
}

/** What was told, or will be. */
interface Shared {
  readonly at: number;
  told: Told | Promise<Told>;
}

/** Executions that are kept for subscribers who have not asked for them yet. */
const sharedExecutions = 10_000;
/** For how long, in milliseconds: links are read as of now, so a subscriber that lags more gets its own. */
const sharedForMs = 500;

/**
 * Executions for events. Subscribers with the same document, the same variables in its selection (their cursors and
 * filters may differ) and the same rights share one execution per event, and its text.
 */
export function createEventExecutions(executor: GraphExecutor): EventExecutions {
  const plans = new WeakMap<PreparedOperation, { plan: EventPlan; id: number }>();
  let planCount = 0;
  const shared = new LRUCache<string, Shared>({ max: sharedExecutions, ttl: sharedForMs });
  /** The same by the event as the tail told it, which all who listen have in their hands: found without a key's text. */
  const live = new WeakMap<LoggedEvent | LogMarker, Map<string, Shared>>();
  const keys = new WeakMap<Caller, string>();

  const rightsOf = (caller: Caller): string => {
    let key = keys.get(caller);
    if (key === undefined) keys.set(caller, (key = rightsKey(caller)));
    return key;
  };

  /** One execution for all who ask with the same key soon; not of what has failed: a pool that was away may be back. */
  const share = (
    group: string,
    item: LoggedEvent | LogMarker,
    run: () => Told | Promise<SubgraphResponse>,
  ): Told | Promise<Told> => {
    const here = live.get(item) ?? new Map<string, Shared>();
    const known = here.get(group);
    if (known !== undefined && performance.now() - known.at < sharedForMs) return known.told;
    live.set(item, here);
    const what = 'marker' in item ? item.marker : '';
    const key = `${group} ${what} ${item.logId} ${String(item.position)}`;
    let entry = shared.get(key);
    if (entry === undefined) {
      entry = begin(run, () => {
        shared.delete(key);
        here.delete(group);
      });
      shared.set(key, entry);
    }
    here.set(group, entry);
    return entry.told;
  };

  const begin = (run: () => Told | Promise<SubgraphResponse>, forget: () => void): Shared => {
    const begun = run();
    const entry: Shared = { at: performance.now(), told: undefined };
    if (!(begun instanceof Promise)) {
      entry.told = begun;
      return entry;
    }
    entry.told = begun.then(
      (response) => {
        if (response.errors !== undefined) forget();
        return (entry.told = resultText(response));
      },
      (error: unknown) => {
        forget();
        throw error;
      },
    );
    return entry;
  };

  return {
    plan(prepared, source, variables) {
      let known = plans.get(prepared);
      if (known === undefined) {
        known = { plan: createEventPlan(prepared, executor.supergraph, source), id: planCount++ };
        plans.set(prepared, known);
      }
      const { plan, id } = known;
      // One that is not given is not one that is null: it may have a default.
      const selected = Object.fromEntries(plan.selectionVariables.map((name) => [name, variables[name]]));
      const document = `${String(id)} ${JSON.stringify(selected)}`;
      let lately: { caller: Caller; group: string } | undefined;
      const groupOf = (caller: Caller): string => {
        if (lately?.caller !== caller) lately = { caller, group: `${document} ${rightsOf(caller)}` };
        return lately.group;
      };
      /** From what the event or marker itself tells; an event that does not fit the schema must not pass in silence. */
      const tell = (item: LoggedEvent | LogMarker, context: RequestContext): Told => {
        const { data, errors } = plan.tell(item, variables);
        return resultText({
          ...(data !== undefined && { data }),
          ...(errors !== undefined && { errors: errors.flatMap((each) => executor.format(each, context)) }),
        });
      };

      return {
        forEvent: (event, context) =>
          share(groupOf(context.caller), event, () => {
            if (plan.plan === undefined) return tell(event, context);
            const given = { ...variables, ...plan.variablesFor(event) };
            return executor
              .run({ prepared, variables: given, context, plan: plan.plan })
              .then((response) => (isGone(response, plan) ? {} : response));
          }),
        forMarker: (marker, context) => share(groupOf(context.caller), marker, () => tell(marker, context)),
      };
    },
  };
}

/** Whether a pool does not know the event any more, or does not show it. */
const isGone = ({ data, errors }: SubgraphResponse, { responseName }: EventPlan): boolean =>
  data?.[responseName] == null && errors === undefined;
