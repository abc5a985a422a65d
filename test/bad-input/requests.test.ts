import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send, sendUnread, type Answer, type Sending } from '../harness/http.ts';
import { snapshotOf, type Snapshot } from '../harness/snapshot.ts';
import { openSocket } from '../harness/websocket.ts';

const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const megabytes = (count: number) => 'x'.repeat(count * 1024 * 1024);
const deep = (levels: number) =>
  `{ rootCertificates(first: 1) ${'{ edges { node '.repeat(levels / 2)}{ id }${' } }'.repeat(levels / 2)} }`;
const wide = (aliases: number) =>
  `{ ${Array.from({ length: aliases }, (_, i) => `a${i}: vehicleExists(pcid: "WMI00000000000001")`).join(' ')} }`;

describe('a request that is none', () => {
  let world: TestEcosystem;
  let before: Snapshot;
  let token: string;
  const graphql = (sending: Sending): Promise<Answer> => send(`${world.url}/graphql`, { token, ...sending });
  const rest = (sending: Sending): Promise<Answer> =>
    send(`${world.url}/v1/ccp/signedContractData`, { token, ...sending });
  const tokenDoor = (sending: Sending): Promise<Answer> => send(`${world.url}/oauth/token`, sending);
  const internal = (sending: Sending): Promise<Answer> => send(`${world.url}/internal/graphql`, sending);

  beforeAll(async () => {
    world = await startTestEcosystem();
    token = await accessToken(world.url, world.credentials['demo-operator']);
    before = await snapshotOf(world.databaseUrl);
  });
  afterAll(() => world.stop());

  /** Sends an operation over the websocket; resolves with the message that answers it. */
  const overWebsocket = async (payload: object) => {
    const socket = await openSocket(world.url);
    socket.closed.catch(() => undefined);
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await socket.next();
    socket.send({ id: '1', type: 'subscribe', payload });
    const answer = await socket.next();
    socket.close();
    return answer;
  };

  it('of 5 MB is refused as too large on every HTTP door', async () => {
    const message = 'The body is larger than 1 MiB.';
    const onGraphql = await graphql({ body: { query: `{ a: ${megabytes(5)} }` } });
    expect(onGraphql.status).toBe(413);
    expect(onGraphql.json).toEqual({
      errors: [{ message, extensions: { code: 'PAYLOAD_TOO_LARGE', traceId } }],
    });
    const onRest = await rest({ body: { certificateInstallationReq: megabytes(5) } });
    expect(onRest.status).toBe(413);
    expect(onRest.json).toEqual({ errorMessages: [message], traceId });
    const onToken = await tokenDoor({ body: { grant_type: megabytes(5) } });
    expect(onToken.status).toBe(413);
    const asForm = await tokenDoor({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `grant_type=${megabytes(5)}`,
    });
    expect(asForm.status).toBe(413);
    // Nobody comes in there without an internal token, whatever they bring.
    expect(await sendUnread(`${world.url}/internal/graphql`, 5 * 1024 * 1024)).toBe(401);
  });

  it('of 5 MB over a websocket closes it with 1009', async () => {
    const socket = await openSocket(world.url);
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await socket.next();
    socket.send({ id: '1', type: 'subscribe', payload: { query: megabytes(5) } });
    expect(await socket.closed).toMatchObject({ code: 1009 });
    // Before anybody has said who they are as well.
    const stranger = await openSocket(world.url);
    stranger.send({ type: 'connection_init', payload: { authorization: megabytes(5) } });
    expect(await stranger.closed).toMatchObject({ code: 1009 });
  });

  it('nested 500 deep is refused, over HTTP and websocket', async () => {
    const refusal = expect.stringMatching(/depth|tokens/i) as string;
    const answer = await graphql({ body: { query: deep(500) } });
    expect(answer.json).toMatchObject({
      errors: [{ message: refusal, extensions: { code: expect.stringMatching(/BAD_INPUT|LIMIT_EXCEEDED/) } }],
    });
    expect(answer.json).not.toHaveProperty('data');
    expect(await overWebsocket({ query: deep(500) })).toMatchObject({
      type: 'error',
      payload: [{ message: refusal }],
    });
    // Through fragments too.
    const fragments = Array.from(
      { length: 100 },
      (_, i) => `fragment F${i} on RootCertificateConnection { edges { node { id } } ...F${i + 1} }`,
    );
    const chained = `{ rootCertificates(first: 1) { ...F0 } } ${fragments.join(' ')} fragment F100 on RootCertificateConnection { nodes { id } }`;
    expect((await graphql({ body: { query: chained } })).json).toBeDefined();
    const circle =
      '{ rootCertificates(first: 1) { ...A } } fragment A on RootCertificateConnection { ...B } fragment B on RootCertificateConnection { ...A }';
    expect((await graphql({ body: { query: circle } })).json).toMatchObject({
      errors: [{ message: expect.stringMatching(/itself/) }],
    });
  });

  it('with brackets nested without end is refused, not a fault', async () => {
    for (const query of [
      '{a'.repeat(400),
      `{ rootCertificates(where: ${'{a:'.repeat(400)}`,
      `query ($a: ${'['.repeat(600)}Int) { a }`,
    ]) {
      const answer = await graphql({ body: { query } });
      expect(answer.json).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
    }
    const variables = JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`) as object;
    const answer = await graphql({
      body: {
        query: 'query ($w: RootCertificateFilter) { rootCertificates(where: $w, first: 1) { totalCount } }',
        variables: { w: variables },
      },
    });
    expect(answer.json).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
  });

  it('with 10,000 aliases is refused for its size, over HTTP and websocket', async () => {
    const answer = await graphql({ body: { query: wide(10_000) } });
    expect(answer.json).toMatchObject({ errors: [{ message: expect.stringMatching(/tokens/) }] });
    expect(await overWebsocket({ query: wide(10_000) })).toMatchObject({
      type: 'error',
      payload: [{ message: expect.stringMatching(/tokens/) }],
    });
    // What stays below is an operation like any other.
    expect((await graphql({ body: { query: wide(10) } })).json).toMatchObject({
      data: { a0: false, a9: false },
    });
  });

  it('of invalid JSON is refused as such on every door', async () => {
    for (const body of ['{', '', '[1', '{"query": "{ __typename }"', '\u0000']) {
      const onGraphql = await graphql({ body });
      expect(onGraphql.status).toBe(400);
      expect(onGraphql.json).toEqual({
        errors: [{ message: 'The body is not valid JSON.', extensions: { code: 'BAD_INPUT', traceId } }],
      });
      const onRest = await rest({ body });
      expect(onRest.status).toBe(400);
      expect(onRest.json).toEqual({ errorMessages: ['The body is not valid JSON.'], traceId });
      expect((await tokenDoor({ body })).status).toBe(400);
      expect((await internal({ body })).status).toBe(401);
    }
    const socket = await openSocket(world.url);
    socket.send('{');
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });

  it('of JSON that is no GraphQL request is refused, naming what is wrong', async () => {
    for (const body of [
      [],
      'null',
      7,
      {},
      { query: 7 },
      { query: '{ __typename }', variables: 'x' },
      { query: '{ __typename }', operationName: 7 },
    ]) {
      const answer = await graphql({ body });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ message: expect.any(String) }] });
    }
    for (const query of [
      '',
      'x',
      '{',
      '{ nothing }',
      '{ rootCertificates { totalCount(a: 1) } }',
      'fragment A on Query { __typename }',
      'query A { __typename } query B { __typename }',
    ]) {
      const answer = await graphql({ body: { query } });
      expect(answer.json).toMatchObject({
        errors: [{ message: expect.any(String), extensions: { code: 'BAD_INPUT', traceId } }],
      });
    }
  });

  it('in another content type is refused, a form on /graphql and REST among them', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/xml',
    ];
    for (const type of types) {
      const headers = { 'content-type': type };
      const body = 'query=%7B__typename%7D&certificateInstallationReq=AAAA';
      const onGraphql = await graphql({ headers, body });
      expect({ type, status: onGraphql.status }).toEqual({ type, status: 415 });
      expect(onGraphql.json).toMatchObject({
        errors: [
          { message: 'Send the body as application/json.', extensions: { code: 'BAD_INPUT', traceId } },
        ],
      });
      const onRest = await rest({ headers, body });
      expect({ type, status: onRest.status }).toEqual({ type, status: 415 });
      expect(onRest.json).toEqual({ errorMessages: ['Send the body as application/json.'], traceId });
    }
  });

  it('for a token is refused as OAuth 2.0 has it, whatever stands in it', async () => {
    const { clientId, clientSecret } = world.credentials['demo-oem'];
    const wrong = [
      { body: {}, status: 400, error: 'unsupported_grant_type' },
      { body: { grant_type: 'password' }, status: 400, error: 'unsupported_grant_type' },
      { body: { grant_type: 'client_credentials' }, status: 401, error: 'invalid_client' },
      {
        body: { grant_type: 'client_credentials', client_id: 7, client_secret: 'x' },
        status: 400,
        error: 'invalid_request',
      },
      {
        body: { grant_type: 'client_credentials', client_id: 'a\u0000b', client_secret: 'x' },
        status: 401,
        error: 'invalid_client',
      },
      {
        body: { grant_type: 'client_credentials', client_id: '\ud800', client_secret: 'x' },
        status: 401,
        error: 'invalid_client',
      },
      {
        body: { grant_type: 'client_credentials', client_id: clientId, client_secret: '' },
        status: 401,
        error: 'invalid_client',
      },
      {
        body: { grant_type: 'client_credentials', client_id: clientId, client_secret: `${clientSecret}x` },
        status: 401,
        error: 'invalid_client',
      },
      { body: [], status: 400, error: 'invalid_request' },
    ];
    for (const { body, status, error } of wrong) {
      const answer = await tokenDoor({ body });
      expect({ body, status: answer.status, answer: answer.json }).toEqual({
        body,
        status,
        answer: { error, error_description: expect.any(String) },
      });
    }
  });

  it('with characters that no database text can hold is refused or finds nothing, and is no fault', async () => {
    const cursor = Buffer.from(JSON.stringify(['\u0000', '\u0000'])).toString('base64url');
    const queries = [
      `{ rootCertificates(first: 1, after: "${cursor}") { totalCount } }`,
      `{ cpsSigners(first: 1, after: "${cursor}") { totalCount } }`,
      '{ provisioningCertificate(pcid: "WMI\\u0000\\u0000\\u000000000000001") { pcid } }',
      '{ contract(emaid: "EMP99C\\u00000000001") { emaid } }',
      '{ contractEvent(cursor: "AAAA") { id } }',
      'mutation { addCpsSigner(input: { certificate: "\\u0000", subCaCertificates: [], keyReference: "\\u0000" }) { userErrors { code } } }',
    ];
    for (const query of queries) {
      const { json } = await graphql({ body: { query } });
      expect({ query, text: JSON.stringify(json) }).toEqual({
        query,
        text: expect.not.stringContaining('INTERNAL'),
      });
    }
  });

  it('at an address where nothing is, or with another method, is told so', async () => {
    for (const [method, path, status, sentence] of [
      ['GET', '/nothing', 404, 'There is nothing here.'],
      ['POST', '/v1/nothing', 404, 'There is nothing here.'],
      ['GET', '/graphql', 404, 'There is nothing here.'],
      ['PATCH', '/v1/root/rootCerts', 405, 'Here, GET, HEAD, PUT can be used.'],
      ['GET', '/oauth/token', 405, 'Here, POST can be used.'],
    ] as const) {
      const answer = await send(`${world.url}${path}`, { method, token });
      expect(answer.status).toBe(status);
      expect(answer.json).toEqual({ errorMessages: [sentence], traceId });
    }
  });

  it('has changed nothing', async () => {
    expect(await snapshotOf(world.databaseUrl)).toEqual(before);
  });
});
