import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playStory, type StoryStep } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';

describe('the Plug & Charge story in one process', () => {
  let world: TestEcosystem;
  beforeAll(async () => {
    world = await startTestEcosystem();
  });
  afterAll(() => world.stop());

  it('goes from the roots to a contract in the car, and to its end, each party through its own door', async () => {
    const steps: StoryStep[] = [];
    const { url, credentials, pkis } = world;
    await playStory({
      url,
      credentials,
      pkis,
      report: (step) => {
        steps.push(step);
      },
    });
    expect(steps.map(({ number, who, door }) => `${number} ${who} ${door}`)).toEqual([
      '2 operator GraphQL',
      '2 operator GraphQL',
      '3 OEM GraphQL',
      '3 OEM websocket',
      '4 MO GraphQL',
      '4 MO GraphQL',
      '5 OEM websocket',
      '6 CPO REST',
      '7 car –',
      '8 MO GraphQL',
      '8 MO GraphQL',
      '8 car REST',
      '9 operator GraphQL',
      '9 OEM GraphQL',
      '10 MO GraphQL',
      '10 MO GraphQL',
      '11 car REST',
    ]);
  });

  it('can be played again on the same ecosystem, with another car and contract', async () => {
    const { url, credentials, pkis } = world;
    let last: StoryStep | undefined;
    await playStory({
      url,
      credentials,
      pkis,
      report: (step) => {
        last = step;
      },
    });
    expect(last?.what).toContain('over -2 and over -20');
  });
});
