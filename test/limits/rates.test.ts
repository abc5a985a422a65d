import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LimitDeps } from '@chargegraph/cli';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send, type Answer } from '../harness/http.ts';
import { newPcid } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';
import { knock } from '../harness/websocket.ts';
import { overWebsocket } from './over-websocket.ts';

const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

function expectTooMany(answer: Answer): void {
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
}

/** An ecosystem of low limits, and what its parties send. */
function scene(limits: LimitDeps) {
  let world: TestEcosystem | undefined;
  beforeAll(async () => {
    world = await startTestEcosystem(limits);
  });
  afterAll(() => world?.stop());
  const running = (): TestEcosystem => {
    if (world === undefined) throw new Error('The ecosystem does not run.');
    return world;
  };
  return {
    url: () => running().url,
    credentials: () => running().credentials,
    tokenOf: (client: keyof TestEcosystem['credentials']) =>
      accessToken(running().url, running().credentials[client]),
    graphql: (token: string, body: object) => send(`${running().url}/graphql`, { token, body }),
    askForToken: (clientId: string, clientSecret: string, headers: Record<string, string> = {}) =>
      send(`${running().url}/oauth/token`, {
        body: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
        headers,
      }),
  };
}

describe('a client that spends its cost', () => {
  const { url, tokenOf, graphql } = scene({ limits: { costPerMinute: 60 } });
  const query = '{ rootCertificates(first: 8) { nodes { id } } }';
  const refusal = {
    message: expect.stringMatching(/^A client may spend a cost of 60 a minute/) as string,
    extensions: { code: 'LIMIT_EXCEEDED', traceId },
  };

  it('is told to wait, over HTTP, and others are not', async () => {
    const token = await tokenOf('demo-oem');
    for (let n = 0; n < 6; n++) expect((await graphql(token, { query })).status).toBe(200);
    const refused = await graphql(token, { query });
    expectTooMany(refused);
    expect(refused.json).toEqual({ errors: [refusal] });
    expect((await graphql(await tokenOf('demo-operator'), { query })).status).toBe(200);
    // Whatever door it tries.
    const socket = await overWebsocket(url(), token);
    expect(await socket.run({ query })).toMatchObject({ type: 'error', payload: [refusal] });
    socket.send({ id: 's', type: 'subscribe', payload: { query: 'subscription { contractEvents { id } }' } });
    expect(await socket.next()).toMatchObject({ type: 'error', payload: [refusal] });
    socket.close();
    const rest = await send(`${url()}/v1/ccp/signedContractData`, {
      token,
      body: { certificateInstallationReq: 'AAAA' },
    });
    expectTooMany(rest);
    expect(rest.json).toEqual({ errorMessages: [refusal.message], traceId });
  });

  it('with operations that are refused is told to wait as well', async () => {
    const token = await tokenOf('demo-cps');
    for (let n = 0; n < 60; n++) {
      expect((await graphql(token, { query: '{ nonsense }' })).status).toBe(200);
    }
    expectTooMany(await graphql(token, { query: '{ nonsense }' }));
  });
});

describe('a car’s request', () => {
  const { url, tokenOf } = scene({ limits: { costPerMinute: 100 } });

  it('is dear: by REST, too, the client is soon told to wait', async () => {
    const token = await tokenOf('demo-cpo');
    const rest = () =>
      send(`${url()}/v1/ccp/signedContractData`, { token, body: { certificateInstallationReq: 'AAAA' } });
    expect((await rest()).status).toBe(400);
    expectTooMany(await rest());
  });
});

describe('look-ups of cars by an MO', () => {
  const { tokenOf, graphql } = scene({ limits: { lookUpsPerMinute: 2 } });

  it('are so many a minute', async () => {
    const token = await tokenOf('demo-mo');
    const lookUp = () => graphql(token, { query: `{ vehicleExists(pcid: "${newPcid()}") }` });
    expect((await lookUp()).status).toBe(200);
    expect((await lookUp()).status).toBe(200);
    const refused = await lookUp();
    expectTooMany(refused);
    expect(refused.json).toMatchObject({
      errors: [{ message: expect.stringMatching(/^A client may look up 2 cars of others a minute/) }],
    });
    // What looks nobody up goes on.
    expect((await graphql(token, { query: '{ __typename }' })).status).toBe(200);
  });
});

describe('the token endpoint', () => {
  const { credentials, askForToken } = scene({
    limits: { wrongSecretsPerMinute: 3, wrongSecretsPerAddress: 5, tokensPerMinute: 4 },
    trustedProxies: ['127.0.0.1'],
  });
  const from = (address: string) => ({ 'x-forwarded-for': address });

  it('lets a client id be tried so often from one address, and from another still', async () => {
    const { clientId, clientSecret } = credentials()['demo-oem'];
    for (let n = 0; n < 3; n++) {
      expect((await askForToken(clientId, 'wrong', from('192.0.2.1'))).status).toBe(401);
    }
    for (const secret of ['wrong', clientSecret]) {
      const refused = await askForToken(clientId, secret, from('192.0.2.1'));
      expectTooMany(refused);
      expect(refused.json).toEqual({
        error: 'slow_down',
        error_description: expect.stringMatching(/^Too many wrong secrets for this client\./) as string,
      });
    }
    expect((await askForToken(clientId, clientSecret, from('192.0.2.2'))).status).toBe(200);
  });

  it('lets an address try so often, whatever the client ids', async () => {
    for (let n = 0; n < 5; n++) {
      expect((await askForToken(`client-${n}`, 'wrong', from('192.0.2.3'))).status).toBe(401);
    }
    const { clientId, clientSecret } = credentials()['demo-mo'];
    const refused = await askForToken(clientId, clientSecret, from('192.0.2.3'));
    expectTooMany(refused);
    expect(refused.json).toMatchObject({
      error_description: expect.stringMatching(/^Too many wrong secrets from this address\./),
    });
  });

  it('does not count right secrets as tries, but issues so many tokens', async () => {
    const { clientId, clientSecret } = credentials()['demo-cpo'];
    for (let n = 0; n < 4; n++) {
      expect((await askForToken(clientId, clientSecret, from('192.0.2.4'))).status).toBe(200);
    }
    const refused = await askForToken(clientId, clientSecret, from('192.0.2.4'));
    expectTooMany(refused);
    expect(refused.json).toMatchObject({
      error_description: expect.stringMatching(/^A client may fetch 4 tokens a minute/),
    });
  });
});

describe('an address that fetches revocation lists', () => {
  const { url, tokenOf } = scene({ limits: { crlsPerAddress: 3 } });

  it('is told to wait, whether they are there or not, and its clients are not', async () => {
    const fetchOne = () => send(`${url()}/crl/${'0'.repeat(64)}.crl`, { method: 'GET' });
    for (let n = 0; n < 3; n++) expect((await fetchOne()).status).toBe(404);
    const refused = await fetchOne();
    expectTooMany(refused);
    expect(refused.json).toMatchObject({
      errorMessages: [expect.stringMatching(/^An address may fetch 3 revocation lists a minute\./) as string],
    });
    await tokenOf('demo-oem');
  });
});

describe('a websocket client', () => {
  const { url, tokenOf } = scene({ limits: { maxSockets: 2, maxSubscriptions: 2 } });
  const query = 'subscription { contractEvents { id } }';

  it('may have so many sockets; one more is closed with 4458 until another is gone', async () => {
    const token = await tokenOf('demo-oem');
    const open = [await overWebsocket(url(), token), await overWebsocket(url(), token)];
    expect(await knock(url(), token)).toEqual({ code: 4458, reason: 'Too many sockets of this client' });
    const other = await overWebsocket(url(), await tokenOf('demo-operator'));
    expect(await other.run({ query: '{ __typename }' })).toMatchObject({ type: 'next' });
    other.close();
    open[0]?.close();
    await open[0]?.closed;
    await eventually('a socket is let in again', async () => (await knock(url(), token)) === 'let in');
    open[1]?.close();
  });

  it('may have so many operations open on a socket', async () => {
    const socket = await overWebsocket(url(), await tokenOf('demo-operator'));
    for (const id of ['a', 'b', 'c']) socket.send({ id, type: 'subscribe', payload: { query } });
    expect(await socket.next()).toMatchObject({
      id: 'c',
      type: 'error',
      payload: [
        {
          message: 'This would be operation 3 that is open on this socket; at most 2 are allowed.',
          extensions: { code: 'LIMIT_EXCEEDED', traceId },
        },
      ],
    });
    socket.send({ id: 'a', type: 'complete' });
    socket.send({ id: 'd', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(await socket.next()).toMatchObject({ id: 'd', type: 'next' });
    socket.close();
  });
});

describe('registered documents', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
    await writeFile(join(folder, 'documents.json'), JSON.stringify({ abc: 'query A { __typename }' }));
  });
  afterAll(() => rm(folder, { recursive: true }));
  // The folder is made before the ecosystem starts: hooks run in order.
  const limits = {
    get persistedDocuments() {
      return { path: folder, only: true };
    },
  };
  const { url, tokenOf, graphql } = scene(limits);

  it('are run by their ids, and nothing else is', async () => {
    const token = await tokenOf('demo-oem');
    const byHash = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
    for (const body of [
      { documentId: 'abc' },
      { documentId: 'sha256:abc' },
      { extensions: byHash('abc') },
      { query: 'query A { __typename }' },
    ]) {
      expect((await graphql(token, body)).json).toMatchObject({ data: { __typename: 'Query' } });
    }
    const unknown = await graphql(token, { extensions: byHash('def') });
    expect({ status: unknown.status, json: unknown.json }).toEqual({
      status: 404,
      json: { errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'NOT_FOUND', traceId } }] },
    });
    const free = await graphql(token, { query: '{ __typename }' });
    expect({ status: free.status, json: free.json }).toMatchObject({
      status: 403,
      json: { errors: [{ extensions: { code: 'FORBIDDEN', traceId } }] },
    });
    const socket = await overWebsocket(url(), token);
    expect(await socket.run({ query: '', extensions: byHash('abc') })).toMatchObject({ type: 'next' });
    expect(await socket.run({ query: '{ __typename }' })).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    socket.close();
  });

  it('do not bind the REST door', async () => {
    const rest = await send(`${url()}/v1/ccp/signedContractData`, {
      token: await tokenOf('demo-cpo'),
      body: { certificateInstallationReq: 'AAAA' },
    });
    expect(rest.json).toEqual({ errorMessages: ['EXI format is invalid!'], traceId });
  });
});
