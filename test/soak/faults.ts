import { pause } from '../harness/wait.ts';
import type { Installation } from '../faults/installation.ts';

/** Something that goes wrong and is made good again. */
export interface Fault {
  readonly name: string;
  readonly happen: (all: Installation, chance: () => number) => Promise<void>;
}

/** Milliseconds between two bounds, by chance. */
const between = (chance: () => number, least: number, most: number): number =>
  least + chance() * (most - least);

const killed = (part: 'gateway' | 'gateway-2' | 'ccp'): Fault => ({
  name: `${part} killed`,
  happen: async ({ place }, chance) => {
    await place.kill(part);
    await pause(between(chance, 0, 2_000));
    await place.startOne(part);
  },
});

/** What may go wrong in a soak. */
export const faults: readonly Fault[] = [
  killed('gateway'),
  killed('gateway-2'),
  killed('ccp'),
  {
    name: 'Redis stopped and started',
    happen: async ({ redis }, chance) => {
      await redis.kill();
      await pause(between(chance, 0, 5_000));
      await redis.start();
    },
  },
  {
    name: 'Redis flushed, its clients dropped',
    happen: async ({ redis }) => {
      await redis.command('FLUSHALL');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
    },
  },
  {
    name: 'Redis hung',
    happen: async ({ redis }, chance) => {
      redis.freeze();
      await pause(between(chance, 500, 8_000));
      redis.thaw();
    },
  },
  {
    name: 'Redis cut off without a word',
    happen: async ({ proxy }, chance) => {
      proxy.silence();
      await pause(between(chance, 500, 8_000));
      proxy.heal();
    },
  },
  {
    name: 'Redis connections reset',
    happen: ({ proxy }) => {
      proxy.reset();
      return Promise.resolve();
    },
  },
  {
    name: 'Redis slow',
    happen: async ({ proxy }, chance) => {
      proxy.delay(between(chance, 20, 300));
      await pause(2_000);
      proxy.delay(0);
    },
  },
  {
    name: 'PostgreSQL crashed',
    happen: async ({ postgres }, chance) => {
      await postgres.crash();
      await pause(between(chance, 0, 2_000));
      await postgres.start();
    },
  },
  {
    name: 'PostgreSQL restarted',
    happen: async ({ postgres }) => {
      await postgres.stop();
      await postgres.start();
    },
  },
];
