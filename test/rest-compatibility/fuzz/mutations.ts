import fc from 'fast-check';

/** Puts something else in place of one value of a tree, chosen by a number. */
export interface Mutation {
  readonly at: number;
  readonly instead: unknown;
}

const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;

/** What stands where something else is expected. */
export const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(1_000),
  instead: fc.oneof(
    fc.constantFrom<unknown[]>(
      null,
      '',
      ' ',
      '\u0000',
      '{}',
      '%00',
      '<a/>',
      true,
      [],
      {},
      -1,
      1e300,
      deep(200),
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.base64String({ maxLength: 200 }),
    fc.integer(),
    fc.nat(60_000).map((length) => 'A'.repeat(length)),
    // Takes the value away.
    fc.constant(undefined),
  ),
});

type Place = readonly [parent: Record<string, unknown> | unknown[], key: string];

function places(node: unknown): Place[] {
  if (typeof node !== 'object' || node === null) return [];
  const parent = node as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [[parent, key] as const, ...places(parent[key])]);
}

/** The tree with the mutations done to it; another one in place of it when it has no places. */
export function mutate(tree: unknown, mutations: readonly Mutation[]): unknown {
  const root: Record<string, unknown> = { tree: structuredClone(tree) };
  for (const { at, instead } of mutations) {
    const there = places(root);
    const [parent, key] = there[at % there.length] ?? [root, 'tree'];
    if (Array.isArray(parent)) parent[Number(key)] = instead;
    else parent[key] = instead;
  }
  return root['tree'];
}

/** The values of a tree by the names they stand under, some of them replaced by known ones. */
export function mix(node: unknown, known: (name: string) => unknown): unknown {
  if (Array.isArray(node)) return node.map((each) => mix(each, known));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => {
      const instead = known(name);
      return [name, instead === undefined ? mix(value, known) : instead];
    }),
  );
}

/** JSON as somebody writes it who does not know how. */
export const brokenText: fc.Arbitrary<(json: string) => string> = fc.constantFrom<
  ((json: string) => string)[]
>(
  (json) => json.slice(0, json.length / 2),
  (json) => `\ufeff${json}`,
  (json) => json.replace('{', '{"__proto__":{"a":1},'),
  (json) => json.replace('{', '{"constructor":{"prototype":{}},'),
  (json) => json.replace('{', '{"pcid":1,"pcid":2,'),
  (json) => `${json}${json}`,
  (json) => `[${json}]`,
  () => '',
  () => 'null',
  () => '"text"',
  () => 'a=b&c=%zz',
  (json) => json.replaceAll('"', "'"),
);

/** A path that is written otherwise. */
export const strangePath: fc.Arbitrary<(path: string) => string> = fc.oneof(
  fc.constantFrom<((path: string) => string)[]>(
    (path) => `${path}/`,
    (path) => path.replace('/', '//'),
    (path) => `${path}%00`,
    (path) => `${path}%2F..`,
    (path) => `${path}/%2e%2e/x`,
    (path) => `${path}%zz`,
    (path) => `${path}%ff%fe`,
    (path) => path.toUpperCase(),
    (path) => `${path}?a=1&a=2`,
    (path) => `${path}?xsdMsgDefNamespace=1&xsdMsgDefNamespace=2`,
    (path) => `${path};v=1`,
    (path) => path.replace(/[^/]*$/, 'x'.repeat(600)),
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).map((text) => (path: string) => {
    const end = Buffer.from(text).toString('hex').replace(/../g, '%$&');
    return `${path}${end}`;
  }),
);

/** Headers that say something odd, or nothing that matters. */
export const strangeHeader: fc.Arbitrary<readonly [string, string]> = fc.constantFrom(
  ['Accept', 'application/xml'],
  ['Accept', '*/*;q=0'],
  ['Accept', ''.padEnd(200, ',')],
  ['X-Api-Key', 'x'],
  ['Content-Transfer-Encoding', 'base64'],
  ['X-Forwarded-For', '10.0.0.1'],
  ['alwaysReturnEXI', 'perhaps'],
  ['X-Skip-Revocation', '1'],
  ['broadcast', '{}'],
  ['If-None-Match', '*'],
  ['Range', 'bytes=0-1'],
  ['Accept-Encoding', 'br;q=1, *;q=0'],
  ['Cookie', 'a=b'],
  ['X-HTTP-Method-Override', 'DELETE'],
);
