import type { Random } from './random.ts';

/** Octets that lengths, counts and event codes turn into when something is off by one or grows too large. */
const EDGES = [0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xfe, 0xff];
const MAX_MUTATIONS = 6;
const MAX_RANDOM = 400;
const MAX_GROWTH = 64;

type Mutation = (octets: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

const mutations: readonly Mutation[] = [
  /** One bit. */
  (octets, random) => changed(octets, random, (octet) => octet ^ (1 << random.below(8))),
  /** One octet. */
  (octets, random) => changed(octets, random, () => random.below(256)),
  (octets, random) => changed(octets, random, () => random.pick(EDGES)),
  /** A length, wherever one is: EXI is not byte-aligned, so the bump is made at any bit. */
  (octets, random) => changed(octets, random, (octet) => octet + (1 << random.below(8))),
  (octets, random) => changed(octets, random, (octet) => octet - (1 << random.below(8))),
  /** The end is gone. */
  (octets, random) => octets.slice(0, random.below(octets.length + 1)),
  /** Some octets are gone, which shifts all that follow. */
  (octets, random) => {
    const from = random.below(octets.length + 1);
    return join(octets.subarray(0, from), octets.subarray(from + 1 + random.below(MAX_GROWTH)));
  },
  /** Some octets are there twice. */
  (octets, random) => {
    const from = random.below(octets.length + 1);
    const to = from + random.below(MAX_GROWTH);
    return join(octets.subarray(0, to), octets.subarray(from));
  },
  /** Octets that nobody sent. */
  (octets, random) => {
    const at = random.below(octets.length + 1);
    return join(octets.subarray(0, at), noise(random, MAX_GROWTH), octets.subarray(at));
  },
  /** The beginning of one message and the end of another. */
  (octets, random, corpus) => {
    const other = random.pick(corpus);
    return join(
      octets.subarray(0, random.below(octets.length + 1)),
      other.subarray(random.below(other.length + 1)),
    );
  },
];

/** One of the valid inputs after a few mutations, and now and then nothing but noise. */
export function hostileInput(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  if (random.below(32) === 0) return noise(random, MAX_RANDOM);
  let octets = random.pick(corpus);
  for (let count = 1 + random.below(MAX_MUTATIONS); count > 0; count--) {
    octets = random.pick(mutations)(octets, random, corpus);
  }
  return octets;
}

function changed(octets: Uint8Array, random: Random, change: (octet: number) => number): Uint8Array {
  if (octets.length === 0) return octets;
  const out = Uint8Array.from(octets);
  const index = random.below(out.length);
  out[index] = change(out[index] ?? 0);
  return out;
}

function noise(random: Random, limit: number): Uint8Array {
  return Uint8Array.from({ length: random.below(limit) }, () => random.below(256));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
