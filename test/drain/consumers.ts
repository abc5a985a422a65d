import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FollowedEvent } from '../harness/follower.ts';
import { within } from '../harness/wait.ts';
import type { ConsumerPlan, Whereabouts } from './consumer.ts';
import type { Order, Outcome, Standing } from './consumers.process.ts';

/** Consumers that run in a process of their own. */
export interface Consumers {
  /** What has happened to them so far. */
  standing(): Standing | undefined;
  /** Holds what each of them had against the log. */
  judge(log: readonly FollowedEvent[]): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts them, each with a socket of its own, at the first of the gateways. */
export function startConsumers(plans: readonly ConsumerPlan[], where: Whereabouts): Consumers {
  const child = fork(join(import.meta.dirname, 'consumers.process.ts'), {
    execArgv: ['--conditions=chargegraph-source', '--import', 'tsx'],
  });
  const order = (what: Order) => child.send(what);
  let standing: Standing | undefined;
  let judged: ((outcome: Outcome) => void) | undefined;
  child.on('message', (message: { standing?: Standing; outcome?: Outcome }) => {
    standing = message.standing ?? standing;
    if (message.outcome !== undefined) judged?.(message.outcome);
  });
  const ended = once(child, 'exit');
  order({ do: 'start', plans, where });
  return {
    standing: () => standing,
    judge: async (log) => {
      const outcome = new Promise<Outcome>((resolve) => {
        judged = resolve;
      });
      order({ do: 'judge', log });
      return await within('the consumers are compared with the log', 60_000, outcome);
    },
    stop: async () => {
      if (child.connected) order({ do: 'stop' });
      await ended;
    },
  };
}
