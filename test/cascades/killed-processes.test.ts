import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layOutDistributed, type Distributed } from '../harness/distributed.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { inOneProcess, inProcesses, makeCast, type Installation } from './installation.ts';
import { startKillers } from './killers.ts';
import { cars, makeRounds, type Move, type Round } from './moves.ts';
import { endState, logged, settled, told } from './outcome.ts';
import { createPlayer } from './play.ts';

/** `pnpm test:cascades` is a long run. What moves is the same for the same seed; when it is killed is chance. */
const isLongRun = process.env['CHARGEGRAPH_CASCADE_KILLS'] !== undefined;
const wantedKills = Number(process.env['CHARGEGRAPH_CASCADE_KILLS'] ?? 5);
const seed = Number(process.env['CHARGEGRAPH_CASCADE_SEED'] ?? Date.now() % 1_000_000);
const contracts = 12;
/** Kills of a round: few while things are put in, most while they leave again. */
const killsOf = { preparation: 2, cascades: 6 };
const patience = 60_000 + wantedKills * 6_000;

describe(`cascades, seed ${String(seed)}`, () => {
  let place: Distributed;
  let calm: TestEcosystem;
  let killed: Installation;
  let unharmed: Installation;

  beforeAll(async () => {
    [place, calm] = await Promise.all([layOutDistributed(), startTestEcosystem()]);
    [killed, unharmed] = await Promise.all([inProcesses(place), inOneProcess(calm)]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([killed.close(), unharmed.close()]);
    await Promise.all([place.clear(), calm.stop()]);
  });

  /** What comes of the rounds without kills, for a cast with the same numbers. */
  async function withoutKills(rounds: readonly Round[], number: number) {
    const cast = await makeCast(number, cars, contracts);
    const play = createPlayer(unharmed, cast);
    for (const { preparation, cascades } of rounds) {
      for (const move of [...preparation, ...cascades]) await play(move);
      await settled(unharmed);
    }
    return { state: await endState(unharmed, cast), told: await told(unharmed, cast) };
  }

  async function playAll(play: (move: Move) => Promise<void>, moves: readonly Move[]): Promise<void> {
    for (const move of moves) await play(move);
  }

  it(
    'come to the same end, and tell the same once, however often the pools are killed meanwhile',
    async () => {
      const rounds = makeRounds(seed, Math.ceil(wantedKills / (killsOf.preparation + killsOf.cascades)));
      const expected = await withoutKills(rounds, 1);
      const cast = await makeCast(1, cars, contracts);
      const play = createPlayer(killed, cast);
      let left = wantedKills;
      const playKilled = async (moves: readonly Move[], kills: number) => {
        const most = Math.min(kills, left);
        left -= most;
        const { finished } = startKillers(place, [['ccp'], ['pcp', 'rcp']], most);
        await playAll(play, moves);
        await finished;
      };
      for (const { preparation, cascades } of rounds) {
        await playKilled(preparation, killsOf.preparation);
        await playKilled(cascades, killsOf.cascades);
        await settled(killed);
      }
      expect(left).toBe(0);
      expect({ state: await endState(killed, cast), told: await told(killed, cast) }).toEqual(expected);
      expect(expected.state.rootsAgree).toBe(true);
      expect(Object.keys(expected.told).length).toBeGreaterThan(cars);
    },
    patience,
  );

  it.each([
    ['pruned away', 'DELETE FROM pcp.log'],
    // From there on the same is done.
    ...(isLongRun ? [['deleted', "DELETE FROM ccp.consumer_cursor WHERE name = 'pcp'"] as const] : []),
  ] as const)(
    'that have lost their place in the log, which was %s, are made up for by comparing everything',
    async (how, lose) => {
      const number = how === 'deleted' ? 2 : 3;
      const round = roundWithCascades(seed + number);
      const expected = await withoutKills([round], number);
      const cast = await makeCast(number, cars, contracts);
      const play = createPlayer(killed, cast);
      await playAll(play, round.preparation);
      await settled(killed);
      await (await place.start()).get('ccp')?.kill();
      await playAll(play, round.cascades);
      await logged(killed, 'pcp');
      await killed.database.query(lose);
      await startKillers(place, [['ccp']], 1).finished;
      await settled(killed);
      expect(await endState(killed, cast)).toEqual(expected.state);
    },
    90_000,
  );
});

/** The first round of the seeds from this one in which something befalls several cars. */
function roundWithCascades(from: number): Round {
  for (let next = from; ; next++) {
    const [round] = makeRounds(next, 1);
    const struck = new Set(round?.cascades.flatMap((move) => ('car' in move ? [move.car] : [])));
    if (round !== undefined && struck.size > 2) return round;
  }
}
