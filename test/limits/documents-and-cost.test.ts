import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultLimits } from '@chargegraph/gateway';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send } from '../harness/http.ts';
import { newPcid } from '../harness/parties.ts';
import { overWebsocket } from './over-websocket.ts';

const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const root = 'rootCertificates(first: 1)';
/** 19 tokens are the rest of it. */
const manyTokens = (count: number) =>
  `{ rootCertificates(first: 1, where: {type: [${'V2G '.repeat(count - 19)}]}) { totalCount } }`;
const manyFields = (n: number, count: number) =>
  `a${n}: rootCertificates(first: 1) { ${'totalCount '.repeat(count - 1)} }`;
/** contract → provisioningCertificate → contracts → nodes → provisioningCertificate → … → pcid. */
const deep = (depth: number): string => {
  const step = (left: number): string =>
    left <= 3
      ? (['', 'wmi', 'contracts(first: 1) { totalCount }', 'contracts(first: 1) { nodes { id } }'][left] ??
        '')
      : `contracts(first: 1) { nodes { provisioningCertificate { ${step(left - 3)} } } }`;
  return `{ contract(emaid: "EMP99C12345678") { provisioningCertificate { ${step(depth - 2)} } } }`;
};
const add = 'addRootCertificate(input: {certificate: "x", type: V2G}) { userErrors { code } }';
/** Pages in pages: what is in the inner page is counted outer × inner times. */
const pages = (outer: number, inner: number) =>
  `{ provisioningCertificate(pcid: "WMI00000000000001") { contracts(first: ${outer}) { nodes { provisioningCertificate { contracts(first: ${inner}) { nodes { id } } } } } } }`;

describe('what an operation may be', () => {
  let world: TestEcosystem;
  let token: string;
  beforeAll(async () => {
    world = await startTestEcosystem();
    token = await accessToken(world.url, world.credentials['demo-operator']);
  });
  afterAll(() => world.stop());

  const post = (query: string, variables = {}, headers = {}) =>
    send(`${world.url}/graphql`, { token, body: { query, variables }, headers });

  const { maxTokens, maxDepth, maxAliases, maxDirectives, maxFields, maxMutations } = defaultLimits;
  it.each<[string, RegExp, string, string]>([
    ['tokens', new RegExp(`${maxTokens} tokens`), manyTokens(maxTokens), manyTokens(maxTokens + 1)],
    [
      'depth',
      new RegExp(`depth limit of ${maxDepth} exceeded, found 17`),
      deep(maxDepth),
      deep(maxDepth + 1),
    ],
    [
      'aliases',
      new RegExp(`Aliases limit of ${maxAliases} exceeded, found 51`),
      `{ ${times(maxAliases, (n) => `a${n}: ${root} { totalCount }`)} }`,
      `{ ${times(maxAliases + 1, (n) => `a${n}: ${root} { totalCount }`)} }`,
    ],
    [
      'directives',
      new RegExp(`Directives limit of ${maxDirectives} exceeded, found 51`),
      `{ ${root} { ${times(maxDirectives, () => 'totalCount @include(if: true)')} } }`,
      `{ ${root} { ${times(maxDirectives + 1, () => 'totalCount @include(if: true)')} } }`,
    ],
    [
      'fields',
      new RegExp(`selects 1001 fields; at most ${maxFields} are`),
      `{ ${times(50, (n) => manyFields(n, maxFields / 50))} }`,
      `{ ${times(50, (n) => manyFields(n, maxFields / 50))} __typename }`,
    ],
    [
      'mutations',
      new RegExp(`has 11 mutations; at most ${maxMutations} are`),
      `mutation { ${times(maxMutations, (n) => `m${n}: ${add}`)} }`,
      `mutation { ${times(maxMutations + 1, (n) => `m${n}: ${add}`)} }`,
    ],
    ['cost', /costs 10\d\d\d; at most 10000 is/, pages(100, 20), pages(100, 100)],
  ])('is bounded in %s, over HTTP and websocket', async (_, sentence, within, beyond) => {
    expect((await post(within)).json).not.toHaveProperty('errors');
    const refusal = {
      message: expect.stringMatching(sentence) as string,
      extensions: { code: 'LIMIT_EXCEEDED', traceId },
    };
    const refused = await post(beyond);
    expect({ status: refused.status, json: refused.json }).toEqual({
      status: 200,
      json: { errors: [refusal] },
    });
    const strict = await post(beyond, {}, { accept: 'application/graphql-response+json' });
    expect({ status: strict.status, json: strict.json }).toEqual({
      status: 400,
      json: { errors: [refusal] },
    });

    const socket = await overWebsocket(world.url, token);
    expect(await socket.run({ query: within })).toMatchObject({ type: 'next', payload: { data: {} } });
    expect(await socket.run({ query: beyond })).toMatchObject({ type: 'error', payload: [refusal] });
    // The socket is none the worse for it.
    expect(await socket.run({ query: '{ __typename }' })).toMatchObject({ type: 'next' });
    socket.close();
  });

  it('has a cost by its variables, which the answer tells, and what is left beside it', async () => {
    const query = 'query ($n: Int!) { rootCertificates(first: $n) { nodes { id } } }';
    for (const [n, requested] of [
      [5, 1 + 1 + 5],
      [50, 1 + 1 + 50],
    ] as const) {
      const { json, headers } = await post(query, { n });
      expect(json).toMatchObject({ data: {}, extensions: { cost: { requested } } });
      expect(headers.get('ratelimit-limit')).toBe(String(defaultLimits.costPerMinute));
      const left = Number(headers.get('ratelimit-remaining'));
      expect(left).toBeLessThan(defaultLimits.costPerMinute);
      expect(Number((await post(query, { n })).headers.get('ratelimit-remaining'))).toBe(left - requested);
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThanOrEqual(0);
      expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
    }
    const socket = await overWebsocket(world.url, token);
    expect(await socket.run({ query, variables: { n: 5 } })).toMatchObject({
      payload: {
        extensions: {
          cost: {
            requested: 7,
            remaining: expect.any(Number) as number,
            resetAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
          },
        },
      },
    });
    socket.close();
  });

  it('spends its cost once when it is a subscription: 2,000 that come anew the share of a minute that the manual says', async () => {
    const folder = join(import.meta.dirname, '../../docs');
    const manual = (await readFile(join(folder, 'LIMITS.md'), 'utf8')).replaceAll(/\s+/g, ' ');
    const said = /costs (\d+) when it begins, and 2,000 of them (\d+) % of a minute/.exec(manual);
    const query = /query = '(subscription \(\$after[^']+)'/.exec(
      await readFile(join(folder, 'SUBSCRIPTIONS.md'), 'utf8'),
    )?.[1];
    const socket = await overWebsocket(world.url, token);
    const remaining = async () => {
      const { payload } = await socket.run({ query: '{ __typename }' });
      return (payload as { extensions: { cost: { requested: number; remaining: number } } }).extensions.cost;
    };
    const before = await remaining();
    for (const n of [1, 2, 3, 4]) {
      const id = `events-${n}`;
      socket.send({ id, type: 'subscribe', payload: { query } });
      expect(await socket.next()).toMatchObject({
        id,
        payload: { data: { contractEvents: { type: 'CAUGHT_UP' } } },
      });
    }
    const after = await remaining();
    const cost = (before.remaining - after.remaining - after.requested) / 4;
    expect(said?.slice(1).map(Number)).toEqual([cost, (2_000 * cost * 100) / defaultLimits.costPerMinute]);
    socket.close();
  });

  it('may be introspection, as tools ask for it, for every client', async () => {
    // As graphql-js has it, and as GraphiQL asks.
    const options = [
      {},
      { inputValueDeprecation: true, schemaDescription: true },
      { descriptions: true, directiveIsRepeatable: true, specifiedByUrl: true, oneOf: true },
    ];
    for (const client of ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps', 'demo-operator'] as const) {
      token = await accessToken(world.url, world.credentials[client]);
      for (const each of options) {
        const { json } = await post(getIntrospectionQuery(each));
        expect(json).toMatchObject({ extensions: { cost: { requested: 10 } } });
        const { data } = json as { data: IntrospectionQuery };
        expect(buildClientSchema(data).getQueryType()?.getFields()).toHaveProperty('rootCertificates');
      }
    }
    const { status } = await send(`${world.url}/graphql`, { body: { query: getIntrospectionQuery() } });
    expect(status).toBe(401);
  });

  it('has errors with a code, a trace id and a suggestion, as partners know them', async () => {
    const { json } = await post('{ rootCertificate(fingerprint: "x", nonsense: 1) { fingerprnt } }');
    const { errors } = json as { errors: { message: string; extensions: unknown }[] };
    expect(errors.length).toBeGreaterThan(1);
    for (const error of errors) expect(error.extensions).toEqual({ code: 'BAD_INPUT', traceId });
    expect(errors.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/Did you mean "fingerprint"/),
    );
  });

  it('of an MO holds one root field that takes a PCID', async () => {
    const [one, other] = [newPcid(), newPcid()];
    const lookUp = (pcid: string) => `vehicleExists(pcid: "${pcid}")`;
    const within = `{ ${lookUp(one)} rootCertificates(first: 1) { totalCount } }`;
    const beyond = `{ a: ${lookUp(one)} ...F } fragment F on Query { provisioningCertificate(pcid: "${other}") { pcid } }`;
    const refusal = {
      message:
        'An operation of a mobility operator may hold 1 root field that takes a PCID; this one holds 2.',
      extensions: { code: 'LIMIT_EXCEEDED', traceId },
    };
    token = await accessToken(world.url, world.credentials['demo-mo']);
    expect((await post(within)).json).toMatchObject({ data: { vehicleExists: false } });
    expect((await post(beyond)).json).toEqual({ errors: [refusal] });
    const socket = await overWebsocket(world.url, token);
    expect(await socket.run({ query: within })).toMatchObject({ type: 'next' });
    expect(await socket.run({ query: beyond })).toMatchObject({ type: 'error', payload: [refusal] });
    socket.close();
    for (const client of ['demo-oem', 'demo-operator'] as const) {
      token = await accessToken(world.url, world.credentials[client]);
      expect((await post(beyond)).json).toMatchObject({ data: { a: false } });
    }
  });
});
