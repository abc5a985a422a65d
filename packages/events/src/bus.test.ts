import { describe, expect, it } from 'vitest';
import { createInProcessBus } from './bus.ts';

describe('the bus within a process', () => {
  it('delivers to the subscribers of a topic, in order, until they unsubscribe', async () => {
    const bus = createInProcessBus();
    const heard: string[] = [];
    const first = await bus.subscribe('a', (message) => heard.push(`first ${message}`));
    await bus.subscribe('a', (message) => heard.push(`second ${message}`));
    await bus.subscribe('b', (message) => heard.push(`other ${message}`));
    await Promise.all([bus.publish('a', '1'), bus.publish('a', '2')]);
    await first();
    await first();
    await bus.publish('a', '3');
    expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'second 3']);
  });

  it('counts one listener that subscribes twice as two', async () => {
    const bus = createInProcessBus();
    let heard = 0;
    const listener = (): void => {
      heard++;
    };
    const end = await bus.subscribe('a', listener);
    await bus.subscribe('a', listener);
    await end();
    await bus.publish('a', '');
    expect(heard).toBe(1);
  });

  it('tells the publisher of failing listeners after the others have heard', async () => {
    const bus = createInProcessBus();
    let heard = false;
    await bus.subscribe('a', () => {
      throw new Error('no');
    });
    await bus.subscribe('a', () => {
      heard = true;
    });
    await expect(bus.publish('a', '')).rejects.toThrow('Listeners of a failed');
    expect(heard).toBe(true);
  });

  it('says nothing to anybody once closed', async () => {
    const bus = createInProcessBus();
    let heard = false;
    await bus.subscribe('a', () => {
      heard = true;
    });
    await bus.close();
    await bus.publish('a', '');
    expect(heard).toBe(false);
  });
});
