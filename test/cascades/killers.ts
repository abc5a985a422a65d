import { randomInt } from 'node:crypto';
import type { StandalonePool } from '@chargegraph/graph';
import type { Distributed } from '../harness/distributed.ts';
import { pause } from '../harness/wait.ts';

/** Kills processes with SIGKILL and starts them again. */
export interface Killers {
  /** How often so far, by pool. */
  readonly kills: Readonly<Record<string, number>>;
  /** Resolves once they have killed all they may and all processes run again. */
  readonly finished: Promise<void>;
}

/** Longest life of a process that listens, in milliseconds: what it has to catch up with it begins at once. */
const longestLife = 300;

/**
 * Kills, as one killer each, one of its victims at a time: at a random moment after it has begun to listen.
 *
 * @param victims what each killer may kill; no two the same
 * @param most kills in all
 */
export function startKillers(
  place: Distributed,
  victims: readonly (readonly StandalonePool[])[],
  most: number,
): Killers {
  const kills: Record<string, number> = {};
  let left = most;

  async function killAgainAndAgain(mine: readonly StandalonePool[]): Promise<void> {
    for (;;) {
      const processes = await place.start();
      await pause(randomInt(longestLife));
      const victim = mine[randomInt(mine.length)];
      if (victim === undefined || left-- <= 0) return;
      kills[victim] = (kills[victim] ?? 0) + 1;
      await processes.get(victim)?.kill();
    }
  }

  const finished = Promise.all(victims.map(killAgainAndAgain)).then(async () => {
    await place.start();
  });
  // Whoever plays meanwhile awaits it afterwards.
  finished.catch(() => undefined);
  return { kills, finished };
}
