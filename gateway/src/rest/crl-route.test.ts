import { createHash } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import { sendOpcpError, showError } from '../http/errors.ts';
import { addCrlRoute } from './crl-route.ts';

const thisUpdate = new Date('2026-11-10T12:00:00.000Z');
const nextUpdate = new Date('2026-11-11T12:00:00.000Z');
const fingerprint = 'ab'.repeat(32);
const der = Buffer.from('a list');
const etag = `"${createHash('sha256').update(der).digest('base64url')}"`;

describe('GET /crl/<fingerprint>.crl', () => {
  const execute = vi.fn<GraphExecutor['execute']>();
  const read = vi.fn<(address: string) => Promise<void>>();
  const clock = new ManualClock(thisUpdate);
  let server: FastifyInstance;

  beforeAll(() => {
    server = fastify();
    server.setErrorHandler((error, request, reply) => sendOpcpError(reply, showError(error), request.id));
    addCrlRoute(server, { executor: { execute } as unknown as GraphExecutor, limits: { read }, clock });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    clock.set(thisUpdate);
    read.mockReset();
    execute.mockReset();
    execute.mockResolvedValue({
      data: {
        contractCaRevocationList: {
          der: der.toString('base64'),
          thisUpdate: thisUpdate.toISOString(),
          nextUpdate: nextUpdate.toISOString(),
        },
      },
    });
  });

  const get = (
    headers: Record<string, string> = {},
    file = `${fingerprint}.crl`,
    method: 'GET' | 'HEAD' = 'GET',
  ) => server.inject({ method, url: `/crl/${file}`, headers });

  it('gives the list in DER with what caches need, read as the gateway itself', async () => {
    const answer = await get();
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(der)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/pkix-crl',
      'cache-control': 'public, max-age=300',
      etag,
      'last-modified': thisUpdate.toUTCString(),
      expires: nextUpdate.toUTCString(),
    });
    const [[request] = []] = execute.mock.calls;
    expect(request?.variables).toEqual({ fingerprint });
    expect([...(request?.context.caller.roles ?? [])]).toEqual(['SERVICE']);
    expect((await get({}, undefined, 'HEAD')).headers).toMatchObject({ etag });
  });

  it('is not kept beyond its end', async () => {
    clock.set(new Date(nextUpdate.getTime() - 10_500));
    expect((await get()).headers['cache-control']).toBe('public, max-age=10');
    clock.set(new Date(nextUpdate.getTime() + 10_500));
    expect((await get()).headers['cache-control']).toBe('public, max-age=0');
  });

  it.each([
    ['if-none-match', etag, 304],
    ['if-none-match', `"other", W/${etag}`, 304],
    ['if-none-match', '*', 304],
    ['if-none-match', '"other"', 200],
    ['if-modified-since', thisUpdate.toUTCString(), 304],
    ['if-modified-since', new Date(thisUpdate.getTime() - 1_000).toUTCString(), 200],
    ['if-modified-since', 'yesterday', 200],
  ])('with %s: %s answers %i', async (header, value, status) => {
    const answer = await get({ [header]: value });
    expect([answer.statusCode, answer.rawPayload.length]).toEqual([status, status === 304 ? 0 : der.length]);
    expect(answer.headers.etag).toBe(etag);
  });

  it('does not look at the date when a tag is given', async () => {
    const headers = { 'if-none-match': '"other"', 'if-modified-since': nextUpdate.toUTCString() };
    expect((await get(headers)).statusCode).toBe(200);
  });

  it('knows no other names, and asks for none of them', async () => {
    for (const file of ['x.crl', fingerprint, `${fingerprint}.pem`, `0${fingerprint}.crl`, `%2e%2e.crl`]) {
      expect((await get({}, file)).statusCode).toBe(404);
    }
    expect(execute).not.toHaveBeenCalled();
    expect((await get({}, `${fingerprint.toUpperCase()}.crl`)).statusCode).toBe(200);
  });

  it('answers 404 for a CA that has none and 503 when the service does not answer', async () => {
    execute.mockResolvedValueOnce({ data: { contractCaRevocationList: null } });
    expect((await get()).statusCode).toBe(404);
    execute.mockResolvedValueOnce({ data: null, errors: [{ message: 'connect ECONNREFUSED' }] });
    const answer = await get();
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain('ECONNREFUSED');
  });

  it('is counted by address before anything is asked', async () => {
    read.mockRejectedValue(Object.assign(new Error('too many'), { statusCode: 429 }));
    expect((await get()).statusCode).toBe(429);
    expect(read).toHaveBeenCalledWith('127.0.0.1');
    expect(execute).not.toHaveBeenCalled();
  });
});
