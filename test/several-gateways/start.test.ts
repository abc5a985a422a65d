import { describe, it } from 'vitest';
import { createRedisBus, logTopic } from '@chargegraph/events';
import { hasRedis, startTestRedis } from '@chargegraph/events/testing';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem } from '../harness/ecosystem.ts';
import { publishNewCar } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';

describe.skipIf(!hasRedis)('chargegraph start with Redis', () => {
  it('tells its events on it, under its own prefix', async () => {
    const redis = await startTestRedis();
    const redisPrefix = 'single';
    const bus = createRedisBus({ url: redis.url, prefix: redisPrefix, logger: silentLogger });
    const heard: string[] = [];
    await bus.subscribe(logTopic('pcp'), (message) => heard.push(message));
    const world = await startTestEcosystem({ redisUrl: redis.url, redisPrefix });
    try {
      await eventually('the bus is there', () =>
        bus.health().then(
          () => true,
          () => false,
        ),
      );
      const { pcid } = await publishNewCar(await world.doors('demo-oem'), world.pki);
      await eventually('the event is heard', () => heard.some((message) => message.includes(pcid)));
    } finally {
      await world.stop();
      await bus.close();
      await redis.kill();
    }
  }, 60_000);
});
