import fastify from 'fastify';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Refusals } from '@chargegraph/audit';
import type { Client, ClientReads, TokenIssuer } from '@chargegraph/identity';
import { silentLogger } from '@chargegraph/service';
import { contextOf } from '../../graph.fixture.ts';
import { defaultLimits } from '../../limits/gateway-limits.ts';
import { createMeters } from '../../limits/meter.ts';
import { createTokenLimits } from '../../limits/token-limits.ts';
import { readTokenBodies } from './token-body.ts';
import { addTokenRoutes } from './token-route.ts';

const client: Client = { clientId: 'a:b', name: 'Test', caller: contextOf('CPO').caller };
const secret = 'p+q %&=/ü';
const notUsed = () => {
  throw new Error('Not needed for a token.');
};

describe('the token route', () => {
  const authenticate = vi.fn<ClientReads['authenticate']>();
  const issue = vi.fn<TokenIssuer['issue']>();
  const record = vi.fn<Refusals['record']>();
  const server = fastify();
  readTokenBodies(server);
  addTokenRoutes(server, {
    clients: { authenticate },
    refusals: { record },
    issuer: { issue, verify: notUsed, jwks: () => ({ keys: [] }) },
    limits: createTokenLimits(defaultLimits, createMeters({ logger: silentLogger })),
  });

  beforeEach(() => {
    vi.resetAllMocks();
    authenticate.mockImplementation((id, given) =>
      Promise.resolve(id === client.clientId && given === secret ? client : undefined),
    );
    issue.mockResolvedValue({ accessToken: 'the-token', expiresIn: 60, scope: 'ccpservice' });
  });

  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const basic = (id: string, given: string) => {
    const encode = (text: string) => form({ x: text }).slice(2);
    return `Basic ${Buffer.from(`${encode(id)}:${encode(given)}`).toString('base64')}`;
  };

  async function post(payload: string | object, headers: Record<string, string> = {}) {
    const type = typeof payload === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
    const response = await server.inject({
      method: 'POST',
      url: '/oauth/token',
      payload,
      headers: { 'content-type': type, ...headers },
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.json<Record<string, unknown>>(),
    };
  }
  const grant = { grant_type: 'client_credentials' };
  const credentials = { client_id: client.clientId, client_secret: secret };

  it('reads id and secret from JSON, a form, or HTTP Basic with both form-encoded', async () => {
    for (const [payload, headers] of [
      [{ ...grant, ...credentials }, {}],
      [form({ ...grant, ...credentials }), {}],
      [form(grant), { authorization: basic(client.clientId, secret) }],
      [grant, { authorization: basic(client.clientId, secret).replace('Basic ', 'basic   ') }],
    ] as const) {
      const answer = await post(payload, headers);
      expect(answer).toMatchObject({
        status: 200,
        body: { access_token: 'the-token', token_type: 'Bearer', expires_in: 60, scope: 'ccpservice' },
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(authenticate).toHaveBeenLastCalledWith(client.clientId, secret);
    }
  });

  it.each([
    ['application/x-www-form-urlencoded; charset=UTF-8', 'form'],
    ['application/json; charset=utf-8', 'JSON'],
    ['text/plain;charset=UTF-8', 'form'],
    ['text/plain', 'JSON'],
    ['application/octet-stream', 'form'],
    ['application/x-www-form-urlencoded', 'JSON'],
    ['application/json', 'form'],
    ['json', 'JSON'],
    ['/; =', 'form'],
    ['', 'form'],
    ['', 'JSON'],
  ])('reads a body of the content type "%s" as the %s that it is', async (type, kind) => {
    const fields = { grant_type: 'CLIENT_CREDENTIALS', ...credentials, audience: 'https://opcp.example' };
    const response = await server.inject({
      method: 'POST',
      url: '/oauth/token',
      payload: Buffer.from(kind === 'form' ? form(fields) : JSON.stringify(fields)),
      headers: type === '' ? {} : { 'content-type': type },
    });
    expect(response.statusCode).toBe(200);
    expect(authenticate).toHaveBeenCalledExactlyOnceWith(client.clientId, secret);
    expect(issue).toHaveBeenCalledExactlyOnceWith(client, 'https://opcp.example');
  });

  it.each([['application/json'], ['application/x-www-form-urlencoded'], ['']])(
    'takes an empty body of the content type "%s" for one without fields',
    async (type) => {
      const headers = type === '' ? {} : { 'content-type': type };
      const response = await server.inject({ method: 'POST', url: '/oauth/token', payload: '', headers });
      expect([response.statusCode, response.json()]).toMatchObject([
        400,
        { error: 'unsupported_grant_type' },
      ]);
    },
  );

  it('takes HTTP Basic before the body', async () => {
    const answer = await post({ ...grant, ...credentials }, { authorization: basic('other', secret) });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(authenticate).toHaveBeenCalledExactlyOnceWith('other', secret);
  });

  it('reads an empty secret and one with colons as they are', async () => {
    await post(grant, { authorization: basic('id', '') });
    expect(authenticate).toHaveBeenLastCalledWith('id', '');
    await post(grant, { authorization: `Basic ${Buffer.from('id:a:b:c').toString('base64')}` });
    expect(authenticate).toHaveBeenLastCalledWith('id', 'a:b:c');
  });

  it.each([
    'Basic',
    'Basic !!!',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    `Basic ${Buffer.from('id:%zz').toString('base64')}`,
    `Basic ${'A'.repeat(1_001)}`,
    `Bearer ${Buffer.from('id:secret').toString('base64')}`,
  ])('does not take %s for a client', async (authorization) => {
    expect(await post(grant, { authorization })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(authenticate).not.toHaveBeenCalled();
  });

  it('asks a client that tried HTTP Basic for HTTP Basic again (RFC 6749 section 5.2)', async () => {
    const answer = await post(grant, { authorization: basic('other', secret) });
    expect(answer.headers['www-authenticate']).toMatch(/^Basic/);
    expect((await post({ ...grant, client_id: 'x', client_secret: 'y' })).headers).not.toHaveProperty(
      'www-authenticate',
    );
  });

  it.each([
    [{}, 'unsupported_grant_type', 'grant_type'],
    [{ ...credentials, grant_type: 'password' }, 'unsupported_grant_type', 'grant_type'],
    [{ ...grant, client_id: 1, client_secret: 'x' }, 'invalid_request', 'client_id'],
    [{ ...grant, client_id: 'x', client_secret: ['x'] }, 'invalid_request', 'client_secret'],
    [{ ...grant, ...credentials, audience: 'a'.repeat(501) }, 'invalid_request', 'audience'],
    [[grant], 'invalid_request', 'body'],
    ['grant_type=client_credentials&grant_type=password', 'invalid_request', 'grant_type'],
  ])('refuses %j with %s, naming %s', async (payload, error, name) => {
    const answer = await post(payload);
    expect(answer).toMatchObject({ status: 400, body: { error } });
    expect(answer.body['error_description']).toMatch(new RegExp(`^${name} `));
    expect(authenticate).not.toHaveBeenCalled();
    expect(issue).not.toHaveBeenCalled();
  });

  it('tells a wrong secret to the audit: whom the caller claims to be, and nothing of the secret', async () => {
    await post({ ...grant, client_id: client.clientId, client_secret: 'wrong-secret' });
    await post({ ...grant, client_id: 'known-partner', client_secret: 'wrong-secret' });
    const told = record.mock.calls.map(([refusal]) => ({ ...refusal, object: refusal.object() }));
    expect(told).toEqual(
      // An id with a colon is no client's.
      ['Client', 'Client known-partner'].map((object): unknown => ({
        act: { clientId: '(unauthenticated)', organisation: '', traceId: expect.any(String) as unknown },
        action: 'token',
        object,
        code: 'UNAUTHENTICATED',
        detail: 'client_id or client_secret is wrong',
        countedTo: object,
      })),
    );
    expect(JSON.stringify(told)).not.toContain('wrong-secret');
  });

  it('does not tell a secret that was sent as the id, nor a request without credentials, nor a right one', async () => {
    const misplaced = 'q4fYw0l7m2Zt8oXc5vRk1sNbJ9hGdA3eUiPyT6xLwMs';
    await post({ ...grant, client_id: misplaced, client_secret: misplaced });
    expect(record).toHaveBeenCalledOnce();
    expect(JSON.stringify(record.mock.calls)).not.toContain(misplaced);
    expect(record.mock.calls[0]?.[0].object()).toBe('Client');
    await post(grant);
    await post({ ...grant, ...credentials });
    expect(record).toHaveBeenCalledOnce();
  });

  it.each([
    ['https://opcp.example', 'https://opcp.example'],
    [
      ['https://a.example', 'b'],
      ['https://a.example', 'b'],
    ],
    ['', undefined],
    [[], undefined],
    [null, undefined],
  ])('asks for the audience %j as the client names it', async (named, asked) => {
    await post({ ...grant, ...credentials, audience: named });
    expect(issue).toHaveBeenCalledExactlyOnceWith(client, asked);
  });
});
