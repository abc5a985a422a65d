import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createInternalTokens } from '@chargegraph/identity';
import { silentLogger, systemClock } from '@chargegraph/service';
import { callerWith, contextOf } from './context.fixture.ts';
import { createHttpGraphTransport, createRemoteSubgraph } from './remote-subgraph.ts';
import { maximumInternalBody, postInternally, type InternalEndpoint } from './internal-http.ts';
import { createSubgraphServer } from './internal-server.ts';
import { defaultDeadlineMs } from './request-context.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from './subgraph.ts';

const tokens = createInternalTokens(Buffer.alloc(32, 1), systemClock);
const caller = {
  ...callerWith('OEM', 'CPO'),
  wmis: new Set(['WVW']),
  providerIds: new Set(['DE8AA']),
};
const unavailable = { code: 'UNAVAILABLE', message: 'A part of the ecosystem does not answer; try again.' };
const closings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(closings.splice(0).map((close) => close()));
});

const endpointOf = (port: number): InternalEndpoint => ({
  url: new URL(`http://127.0.0.1:${port}/graphql`),
  audience: 'subgraphs',
  tokens,
});

/** A pool in a process of its own, as far as its callers can tell. */
async function startPool() {
  const requests: SubgraphRequest[] = [];
  const execute = vi.fn<Subgraph['execute']>((request) => {
    requests.push(request);
    return Promise.resolve({ data: { hello: 'world' } });
  });
  const nothing = () => Promise.resolve();
  const server = createSubgraphServer({
    subgraph: { name: 'rcp', execute, start: nothing, stop: nothing, health: nothing },
    tokens,
    logger: silentLogger,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  closings.push(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  return { server, execute, requests, endpoint: endpointOf(port) };
}

/** Any other thing that listens where a pool should. */
async function startPeer(listener: RequestListener): Promise<InternalEndpoint> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return endpointOf((server.address() as AddressInfo).port);
}

const answering = (status: number, body: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
};

describe('a pool in another process', () => {
  it('gets the operation with rights, trace id, deadline and hops, and answers', async () => {
    const { requests, endpoint } = await startPool();
    const pool = createRemoteSubgraph('rcp', endpoint, silentLogger);
    expect(pool.name).toBe('rcp');
    const context = contextOf(caller, { deadline: Date.now() + 5_000, hops: 3 });
    const operation = { query: 'query A { hello }', variables: { a: [1, null] }, operationName: 'A' };
    expect(await pool.execute({ ...operation, context })).toEqual({ data: { hello: 'world' } });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ ...operation, context: { caller, traceId: 'trace-1', hops: 3 } });
    const drift = (requests[0]?.context.deadline ?? 0) - context.deadline;
    expect(Math.abs(drift)).toBeLessThan(4_000);
    expect(requests[0]?.context.deadline).toBeLessThan(Date.now() + 5_000);
  });

  it('is reached by the way to the graph too', async () => {
    const { endpoint, requests } = await startPool();
    const transport = createHttpGraphTransport(endpoint);
    expect(await transport({ query: '{ hello }', variables: {}, context: contextOf(caller) })).toEqual({
      data: { hello: 'world' },
    });
    expect(requests[0]?.context.caller).toEqual(caller);
  });

  it('is called over one kept-alive connection', async () => {
    const { server, endpoint } = await startPool();
    let connections = 0;
    server.server.on('connection', () => connections++);
    for (let call = 0; call < 5; call++) {
      await postInternally(endpoint, { query: '{ hello }' }, contextOf(caller));
    }
    expect(connections).toBe(1);
  });

  it('answers what it was asked before it is closed, and does not wait for connections that are kept alive', async () => {
    const { server, execute, endpoint } = await startPool();
    let answer: (response: SubgraphResponse) => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      execute.mockImplementationOnce(() => {
        resolve();
        return new Promise((done) => {
          answer = done;
        });
      });
    });
    const call = postInternally(endpoint, { query: '{ hello }' }, contextOf(caller));
    await asked;
    const closed = server.close();
    await vi.waitFor(() => {
      expect(server.server.listening).toBe(false);
    });
    answer({ data: { hello: 'late' } });
    expect(await call).toEqual({ data: { hello: 'late' } });
    await closed;
  }, 10_000);

  it('is not called any more when the time is over', async () => {
    const { execute, endpoint } = await startPool();
    const context = contextOf(caller, { deadline: Date.now() - 1 });
    await expect(postInternally(endpoint, { query: '{ hello }' }, context)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(execute).not.toHaveBeenCalled();
  });

  it('that is dead is unavailable', async () => {
    const { server, endpoint } = await startPool();
    await server.close();
    await expect(postInternally(endpoint, { query: '{ hello }' }, contextOf(caller))).rejects.toMatchObject(
      unavailable,
    );
    const pool = createRemoteSubgraph('rcp', endpoint, silentLogger);
    expect(await pool.execute({ query: '{ hello }', context: contextOf(caller) })).toEqual({
      errors: [{ message: unavailable.message, extensions: { code: 'UNAVAILABLE', traceId: 'trace-1' } }],
    });
  });

  it('that dies while it answers is unavailable', async () => {
    const endpoint = await startPeer((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"data":');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(postInternally(endpoint, { query: '{ hello }' }, contextOf(caller))).rejects.toMatchObject(
      unavailable,
    );
  });

  it.each([
    ['does not begin to answer', () => undefined],
    [
      'does not finish its answer',
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200).write('{"data":');
      },
    ],
  ])('that %s is given up at the deadline', async (_, listener) => {
    const endpoint = await startPeer(listener);
    const deadline = Date.now() + 200;
    await expect(
      postInternally(endpoint, { query: '{ hello }' }, contextOf(caller, { deadline })),
    ).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(Date.now()).toBeGreaterThanOrEqual(deadline - 5);
    expect(Date.now()).toBeLessThan(deadline + 3_000);
  });

  it('whose answer is too large is unavailable', async () => {
    const endpoint = await startPeer((_, response) => {
      response.writeHead(200);
      response.write('"');
      response.end(Buffer.alloc(maximumInternalBody, 'a'));
    });
    await expect(postInternally(endpoint, { query: '{ hello }' }, contextOf(caller))).rejects.toMatchObject({
      ...unavailable,
      cause: { message: 'The answer is too large.' },
    });
  });

  it.each([
    ['no JSON', 200, '<html>'],
    ['JSON that is no answer', 200, 'null'],
    ['JSON that is no answer', 200, '"data"'],
    ['JSON that is no answer', 200, '[]'],
    ['neither data nor errors', 200, '{"message":"hello"}'],
    ['errors that are no list', 200, '{"errors":"many"}'],
    ['an unknown path', 404, '{"message":"Route POST:/graphql not found","statusCode":404}'],
    [
      'that our token is wrong',
      401,
      '{"errors":[{"message":"No.","extensions":{"code":"UNAUTHENTICATED"}}]}',
    ],
    ['a fault', 500, '{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}'],
  ])('that answers %s (%i %s) is unavailable', async (_, status, body) => {
    const endpoint = await startPeer(answering(status, body));
    await expect(postInternally(endpoint, { query: '{ hello }' }, contextOf(caller))).rejects.toMatchObject(
      unavailable,
    );
  });

  it('may answer with errors alone, or with data that is null', async () => {
    for (const answer of [{ errors: [{ message: 'No.' }] }, { data: null, errors: [{ message: 'No.' }] }]) {
      const endpoint = await startPeer(answering(200, JSON.stringify(answer)));
      expect(await postInternally(endpoint, { query: '{ hello }' }, contextOf(caller))).toEqual(answer);
    }
  });
});

describe('the door of a pool', () => {
  const post = async (url: URL, headers: Record<string, string>, body = '{"query":"{ hello }"}') => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('opens to nobody without one of our tokens for pools', async () => {
    const { execute, endpoint } = await startPool();
    const forger = createInternalTokens(Buffer.alloc(32, 2), systemClock);
    const headers = [
      {},
      { authorization: 'Bearer ' },
      { authorization: 'Bearer abc' },
      { authorization: `Basic ${await tokens.mint(caller, 'subgraphs')}` },
      { authorization: `Bearer ${await tokens.mint(caller, 'gateway')}` },
      { authorization: `Bearer ${await forger.mint(caller, 'subgraphs')}` },
    ];
    for (const each of headers) {
      expect(await post(endpoint.url, each)).toMatchObject({
        status: 401,
        body: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      });
    }
    expect(execute).not.toHaveBeenCalled();
  });

  it.each(['{}', '[]', '"{ hello }"', '{"query":1}', '{"query":"{ hello }","variables":[]}'])(
    'refuses the body %s',
    async (body) => {
      const { execute, endpoint } = await startPool();
      const authorization = `Bearer ${await tokens.mint(caller, 'subgraphs')}`;
      expect(await post(endpoint.url, { authorization }, body)).toMatchObject({
        status: 400,
        body: { errors: [{ extensions: { code: 'BAD_INPUT' } }] },
      });
      expect(execute).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['absent', {}, defaultDeadlineMs, 0],
    ['nonsense', { 'x-chargegraph-time-left': 'soon', 'x-chargegraph-hops': 'few' }, defaultDeadlineMs, 0],
    ['too much', { 'x-chargegraph-time-left': '1e12', 'x-chargegraph-hops': '99' }, defaultDeadlineMs, 99],
    ['less than nothing', { 'x-chargegraph-time-left': '-5', 'x-chargegraph-hops': '-5' }, -5, 0],
  ])('reads limits that are %s', async (_, headers, timeLeft, hops) => {
    const { requests, endpoint } = await startPool();
    const authorization = `Bearer ${await tokens.mint(caller, 'subgraphs')}`;
    const before = Date.now();
    expect((await post(endpoint.url, { ...headers, authorization })).status).toBe(200);
    const context = requests[0]?.context;
    expect(context?.hops).toBe(hops);
    expect(context?.traceId).not.toBe('');
    expect(context?.deadline).toBeGreaterThanOrEqual(before + timeLeft);
    expect(context?.deadline).toBeLessThanOrEqual(Date.now() + timeLeft);
  });

  it('says "internal error", and nothing else, when the pool breaks', async () => {
    const { execute, endpoint } = await startPool();
    execute.mockRejectedValue(new Error('password=hunter2'));
    const authorization = `Bearer ${await tokens.mint(caller, 'subgraphs')}`;
    expect(await post(endpoint.url, { authorization })).toEqual({
      status: 500,
      body: { errors: [{ message: 'internal error', extensions: { code: 'INTERNAL' } }] },
    });
  });
});
