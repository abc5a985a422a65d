// A process that stops in the way its argument names, and writes what happens.
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from './logger.ts';
import { stopOnSignals } from './shutdown.ts';

const say = (text: string) => process.stdout.write(`${text}\n`);
const never = () => new Promise<void>(() => undefined);

const stops: Readonly<Record<string, () => Promise<void>>> = {
  slowly: () => delay(500),
  never,
  failing: () => Promise.reject(new Error('boom')),
  throwing: () => {
    throw new Error('boom');
  },
  faulty: async () => {
    setTimeout(() => {
      throw new Error('boom');
    }, 10);
    await delay(200);
  },
};

const [, , way = '', fault] = process.argv;
stopOnSignals(() => {
  say('stop');
  const stopping = stops[way]?.() ?? Promise.resolve();
  return stopping.then(() => {
    say('done');
  });
}, silentLogger);
const alive = setInterval(() => undefined, 1_000);
say('ready');
if (fault === 'exception') {
  setTimeout(() => {
    clearInterval(alive);
    throw new Error('boom');
  }, 10);
} else if (fault === 'rejection') {
  void Promise.reject(new Error('boom'));
}
