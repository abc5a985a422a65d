import fc from 'fast-check';
import { generateSync, type JsonSchema } from 'json-schema-faker';
import type { DemoClient } from '@chargegraph/cli';
import type { Operation, Schema } from '../opcp-document.ts';
import type { Sent } from '../wire.ts';
import type { KnownValues } from './known-values.ts';
import { brokenText, mix, mutate, mutation, strangeHeader, strangePath, type Mutation } from './mutations.ts';

/** A generated request, and what is known of it. */
export interface Generated {
  readonly operation: Operation;
  /** Whose token it has. */
  readonly who: string;
  /** Whether it goes to the operation's own path by its own method, and so has to be answered as documented there. */
  readonly straight: boolean;
  readonly sent: Sent;
}

/** What the requests are made with. */
export interface Ingredients {
  readonly operations: readonly Operation[];
  readonly known: (operationId: string) => KnownValues;
  readonly token: (client: DemoClient) => string;
  /** Tokens that are none, or no longer. */
  readonly badTokens: readonly string[];
}

const roles: readonly DemoClient[] = ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps', 'demo-operator'];

/** Who may do it; whoever reads roots may be anybody. */
function rightClient({ path, method, operationId }: Operation): DemoClient {
  if (path.startsWith('/v1/root/')) return method === 'GET' ? 'demo-cpo' : 'demo-operator';
  if (path.startsWith('/v1/oem/')) return method === 'GET' ? 'demo-mo' : 'demo-oem';
  if (path.includes('/cps/')) return 'demo-mo';
  const ccp: Readonly<Record<string, DemoClient>> = {
    getSignedContractData: 'demo-cpo',
    addSignedContractData: 'demo-cps',
    deleteSignedContractData: 'demo-mo',
    lookupContract: 'demo-mo',
  };
  return ccp[operationId] ?? 'demo-oem';
}

const weighted = <T>(...options: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]) =>
  fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** How far a request goes from what is documented, and with what. */
const plan = fc.record({
  operation: fc.nat(),
  who: weighted<string>(
    [16, fc.constant('right')],
    [2, fc.constantFrom(...roles)],
    [1, fc.constant('nobody')],
    [1, fc.constant('bad')],
  ),
  badToken: fc.nat(),
  values: fc.integer({ min: 0, max: 0x7fff_ffff }),
  /** Of ten fields that have known values, so many are given one. */
  knownOfTen: weighted([3, fc.constant(10)], [1, fc.constantFrom(0, 5, 8)]),
  /** And of ten of those, so many the one that fits. */
  fittingOfTen: weighted([2, fc.constant(10)], [3, fc.constantFrom(0, 5, 8)]),
  picks: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
  mutations: weighted<Mutation[]>(
    [3, fc.constant([])],
    [2, fc.array(mutation, { minLength: 1, maxLength: 2 })],
  ),
  text: weighted<((json: string) => string) | undefined>([12, fc.constant(undefined)], [1, brokenText]),
  contentType: weighted<string | undefined>(
    [12, fc.constant('application/json')],
    [
      2,
      fc.constantFrom(
        undefined,
        'application/json; charset=UTF-8',
        'application/x-www-form-urlencoded',
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'nonsense',
      ),
    ],
  ),
  path: weighted<((path: string) => string) | undefined>([9, fc.constant(undefined)], [1, strangePath]),
  method: weighted<string | undefined>(
    [24, fc.constant(undefined)],
    [1, fc.constantFrom('HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'DELETE', 'GET')],
  ),
  headers: weighted<(readonly [string, string])[]>(
    [4, fc.constant([])],
    [1, fc.array(strangeHeader, { maxLength: 3 })],
  ),
});

const longest = 100;

/** The same with short texts: making long ones takes longest by far, and mutations have them. */
function short(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(short);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, short(value)]));
  const { maxLength } = copy;
  return typeof maxLength === 'number' ? { ...copy, maxLength: Math.min(maxLength, longest) } : copy;
}

const shortened = new WeakMap<Schema, JsonSchema>();

/** A value of a schema by a seed. */
function valueOf(schema: Schema, seed: number): unknown {
  const known = shortened.get(schema) ?? (short(schema) as JsonSchema);
  shortened.set(schema, known);
  return generateSync(known, { seed, optionalsProbability: 0.7 });
}

/** The request with this number of those that a seed stands for. */
export function requestAt(
  { operations, known, token, badTokens }: Ingredients,
  { seed, index }: { readonly seed: number; readonly index: number },
): Generated {
  const [drawn] = fc.sample(plan, { seed: (seed + Math.imul(index, 0x9e37_79b1)) | 0, numRuns: 1 });
  if (drawn === undefined) throw new Error('Nothing was drawn.');
  // In turn, so that each has its share in a short run.
  const operation = operations[index % operations.length];
  if (operation === undefined) throw new Error('There are no operations.');
  const values = known(operation.operationId);
  let turn = 0;
  const pick = () => drawn.picks[turn++ % drawn.picks.length] ?? 0;
  const knownValue = (name: string): unknown => {
    const among = values[name];
    if (among === undefined || pick() % 10 >= drawn.knownOfTen) return undefined;
    // The first one is the one that fits.
    return pick() % 10 < drawn.fittingOfTen ? among[0] : among[pick() % among.length];
  };
  const parameter = (where: string) =>
    operation.parameters
      .filter((each) => each.in === where)
      .map(({ name, schema }, place) => {
        const value = knownValue(name) ?? valueOf(schema, drawn.values + place);
        return [name, String(value)] as const;
      });

  const named = new Map(parameter('path'));
  const path = operation.path.replace(/\{([^}]*)\}/g, (_, name: string) =>
    encodeURIComponent(named.get(name) ?? name),
  );
  const query = new URLSearchParams(
    parameter('query')
      .filter(() => pick() % 2 === 0)
      .map(([name, value]): [string, string] => [name, value]),
  ).toString();
  const straightPath = query === '' ? path : `${path}?${query}`;
  const method = drawn.method ?? operation.method;
  const right = drawn.who === 'right' ? rightClient(operation) : drawn.who;
  const authorization =
    right === 'nobody' || (!operation.withToken && drawn.who === 'right')
      ? undefined
      : right === 'bad'
        ? badTokens[drawn.badToken % badTokens.length]
        : `Bearer ${token(right as DemoClient)}`;

  const hasBody = operation.body !== undefined && method !== 'GET' && method !== 'HEAD';
  const json = hasBody
    ? JSON.stringify(mutate(mix(valueOf(operation.body, drawn.values), knownValue), drawn.mutations))
    : undefined;
  // What was taken away whole is no JSON.
  const body = hasBody ? (drawn.text?.(json ?? '') ?? json ?? '') : undefined;
  const headers = [
    ['Host', ''],
    ...(authorization === undefined ? [] : [['Authorization', authorization] as const]),
    ...parameter('header')
      .filter(() => pick() % 2 === 0)
      .map(
        ([name, value]) =>
          [
            name,
            Buffer.from(value)
              .toString('latin1')
              .replace(/[^\x20-\x7e]/g, '?'),
          ] as const,
      ),
    ...drawn.headers,
    ...(body === undefined
      ? []
      : [
          ...(drawn.contentType === undefined ? [] : [['Content-Type', drawn.contentType] as const]),
          ['Content-Length', ''] as const,
        ]),
  ] as const;
  const target = drawn.path?.(straightPath) ?? straightPath;
  const straight = target === straightPath && method === operation.method;
  return { operation, who: right, straight, sent: { method, target, headers, body } };
}
