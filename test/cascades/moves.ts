import { createHash } from 'node:crypto';

/** What is done to a car, a contract or the root that comes and goes. Cars and contracts are numbered. */
export type Move =
  | { readonly kind: 'publishCar' | 'changeKey' | 'deleteCar' | 'resetCar'; readonly car: number }
  | {
      readonly kind: 'publishContract';
      readonly car: number;
      readonly contract: number;
      /** Whether its own chain ends at the root that comes and goes. */
      readonly underMovingRoot: boolean;
      /** Whether our provisioning service signs it and hands it in. */
      readonly signedHere: boolean;
    }
  | { readonly kind: 'removeRoot' | 'addRoot' };

/** What is put in, and what then sets cascades off; whatever follows from both is done before the next round. */
export interface Round {
  readonly preparation: readonly Move[];
  readonly cascades: readonly Move[];
}

export const cars = 4;
const contractsOfCar = 3;

/** A random number from 0 to 1, the same for the same seed and place. */
export function randomAt(seed: number, place: string | number): number {
  const digest = createHash('sha256')
    .update(`${String(seed)}/${String(place)}`)
    .digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}

/** A random sequence, each of whose moves is possible after those before it. The same for the same seed. */
export function makeRounds(seed: number, count: number): readonly Round[] {
  let place = 0;
  const chance = (probability: number) => randomAt(seed, place++) < probability;
  const published = new Set<number>();
  const contracts = new Set<number>();
  let isRootHeld = false;
  const flipRoot = (): Move => {
    isRootHeld = !isRootHeld;
    return { kind: isRootHeld ? 'addRoot' : 'removeRoot' };
  };

  function prepare(): Move[] {
    const moves: Move[] = [];
    if (!isRootHeld && chance(0.7)) moves.push(flipRoot());
    for (let car = 0; car < cars; car++) {
      if (!published.has(car)) moves.push({ kind: 'publishCar', car });
      published.add(car);
      for (let index = 0; index < contractsOfCar; index++) {
        const contract = car * contractsOfCar + index;
        if (contracts.has(contract) || chance(0.2)) continue;
        const [underMovingRoot, signedHere] = [isRootHeld && chance(0.5), chance(0.3)];
        moves.push({ kind: 'publishContract', car, contract, underMovingRoot, signedHere });
        contracts.add(contract);
      }
    }
    return moves;
  }

  function setOff(): Move[] {
    const moves: Move[] = [];
    for (let car = 0; car < cars; car++) {
      if (isRootHeld ? chance(0.15) : chance(0.1)) moves.push(flipRoot());
      // Several of them may befall a car before anything follows from the first.
      while (published.has(car) && chance(0.6)) {
        const kind = chance(0.4) ? 'changeKey' : chance(0.5) ? 'resetCar' : 'deleteCar';
        moves.push({ kind, car });
        if (kind === 'deleteCar') published.delete(car);
        for (let index = 0; index < contractsOfCar; index++) contracts.delete(car * contractsOfCar + index);
      }
    }
    return moves;
  }

  return Array.from({ length: count }, () => ({ preparation: prepare(), cascades: setOff() }));
}
