/** Many consumers in a process of their own; see {@link startConsumers}. */
import { pause } from '../harness/wait.ts';
import { judge } from '../harness/verdict.ts';
import type { FollowedEvent } from '../harness/follower.ts';
import { startConsumer, type Consumer, type ConsumerPlan, type Whereabouts } from './consumer.ts';

/** What the process is told. */
export type Order =
  | { readonly do: 'start'; readonly plans: readonly ConsumerPlan[]; readonly where: Whereabouts }
  | { readonly do: 'judge'; readonly log: readonly FollowedEvent[] }
  | { readonly do: 'stop' };

/** What has happened to all of them together. */
export interface Standing {
  /** How many were let in, by gateway. */
  readonly letIn: readonly number[];
  /** How many are let in at present, by gateway. */
  readonly open: readonly number[];
  /** How often one of them had all that was logged before. */
  readonly caughtUp: number;
  /** How many connections ended with a code, by gateway and code. */
  readonly closed: Readonly<Record<string, number>>;
  /** Everything that was refused, and how often. */
  readonly refused: Readonly<Record<string, number>>;
  /** How many had been let in elsewhere when the last connection of the first gateway ended. */
  readonly movedBeforeLast: number;
}

/** How they did, compared with the log. */
export interface Outcome {
  readonly lost: number;
  readonly foreign: number;
  readonly duplicated: number;
  readonly disordered: number;
  /** How many events all of them had, repetitions included. */
  readonly had: number;
}

const consumers: { readonly plan: ConsumerPlan; readonly consumer: Consumer }[] = [];
const letIn: number[] = [];
const open: number[] = [];
const closed: Record<string, number> = {};
const refused: Record<string, number> = {};
let caughtUp = 0;
let movedBeforeLast = 0;

/** How many begin at a time, so that it is the moving that is tried and not the beginning. */
const atATime = 20;

async function start(plans: readonly ConsumerPlan[], where: Whereabouts): Promise<void> {
  letIn.push(...where.urls.map(() => 0));
  open.push(...where.urls.map(() => 0));
  for (const [index, plan] of plans.entries()) {
    while (index >= letIn.reduce((sum, each) => sum + each, 0) + atATime) await pause(5);
    let at: number | undefined;
    const consumer = startConsumer(plan, where, (happening) => {
      if (happening.what === 'let in') {
        at = happening.gateway;
        letIn[at] = (letIn[at] ?? 0) + 1;
        open[at] = (open[at] ?? 0) + 1;
      } else if (happening.what === 'caught up') {
        caughtUp += 1;
      } else if (happening.what === 'closed') {
        if (at !== undefined) open[at] = (open[at] ?? 0) - 1;
        at = undefined;
        const key = `${String(happening.gateway)} ${String(happening.code)}`;
        closed[key] = (closed[key] ?? 0) + 1;
        if (happening.gateway === 0) movedBeforeLast = letIn[1] ?? 0;
      } else {
        refused[happening.message] = (refused[happening.message] ?? 0) + 1;
      }
    });
    consumers.push({ plan, consumer });
  }
}

function verdict(log: readonly FollowedEvent[]): Outcome {
  const outcome = { lost: 0, foreign: 0, duplicated: 0, disordered: 0, had: 0 };
  for (const { plan, consumer } of consumers) {
    const its = log.filter(({ emaid }) => emaid === plan.emaid);
    const { lost, foreign, duplicated, disordered } = judge(its, consumer.events);
    outcome.lost += lost.length;
    outcome.foreign += foreign.length;
    outcome.duplicated += duplicated;
    outcome.disordered += disordered.length;
    outcome.had += consumer.events.length;
  }
  return outcome;
}

process.on('message', (order: Order) => {
  if (order.do === 'start') void start(order.plans, order.where);
  else if (order.do === 'judge') process.send?.({ outcome: verdict(order.log) });
  else process.exit(0);
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  const standing: Standing = { letIn, open, caughtUp, closed, refused, movedBeforeLast };
  process.send?.({ standing });
}, 100);
