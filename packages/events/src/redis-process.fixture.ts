// A process of its own that says over the bus of its first argument what its second is, for tests.
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@chargegraph/service';
import { createRedisBus } from './redis-bus.ts';

const [url = '', message = ''] = process.argv.slice(2);
const bus = createRedisBus({ url, logger: silentLogger });
for (let n = 0; n < 100; n++) {
  try {
    await bus.health();
    break;
  } catch {
    await delay(50);
  }
}
await bus.publish('log:ccp', message);
await bus.close();
