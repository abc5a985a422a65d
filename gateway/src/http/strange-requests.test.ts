import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import { contextOf } from '../graph.fixture.ts';
import type { GraphExecutor } from '../graph/executor.ts';
import { createHttpServer, type HttpDeps } from './server.ts';
import { usualTimeouts, type RequestTimeouts } from './unreadable-requests.ts';

const { caller } = contextOf('OPERATOR');
const token = 'Bearer good';

/** Trace ids of the log's lines. */
const logged: string[] = [];
const note = ({ traceId }: { readonly traceId: string }) => void logged.push(traceId);
const logger = { info: note, warn: note, error: note } as unknown as Logger;
const execute = vi.fn<GraphExecutor['execute']>();

/** A server in front of a graph that is not there. */
async function listen(timeouts: RequestTimeouts): Promise<{ server: FastifyInstance; port: number }> {
  const deps = {
    executor: { execute },
    authenticator: {
      authenticate: (header: string | undefined) =>
        header === token
          ? Promise.resolve({ caller })
          : Promise.reject(new ChargeGraphError('UNAUTHENTICATED', 'No.')),
    },
    limits: {
      enter: () => ({
        admit: () => Promise.resolve(),
        end: () => Promise.resolve(undefined),
        cost: undefined,
      }),
    },
    refusedWrites: { tell: () => undefined },
    tokenLimits: { try: () => Promise.resolve({ issued: () => undefined }) },
    trustedProxies: [],
    pages: false,
    timeouts,
    logger,
  } as unknown as HttpDeps;
  const server = createHttpServer(deps);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const address = server.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It does not listen.');
  return { server, port: address.port };
}

/**
 * What comes back until the server closes.
 *
 * @param drip sent again and again behind what is sent first
 * @param late sent once there is an answer
 */
function exchange(port: number, first: string, drip?: string, late?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(first, 'latin1');
    });
    const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 20);
    socket.on('data', (octets: Buffer) => {
      if (answer === '' && late !== undefined) socket.write(late);
      answer += octets.toString();
    });
    // A server that has heard enough may reset what is still being sent.
    socket.on('error', (error) => {
      if (answer === '') reject(error);
    });
    socket.on('close', () => {
      clearInterval(dripping);
      resolve(answer);
    });
  });
}

/** Status, headers and body of an answer on the wire. */
function read(answer: string) {
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s);
  const status = Number(head.split(' ')[1]);
  return { status, body: body === '' ? undefined : (JSON.parse(body) as unknown) };
}

/** OPCP's refusal, whose trace id the log knows. */
function expectRefusal(body: unknown, sentence: string | RegExp): void {
  expect(body).toEqual({
    errorMessages: [typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)],
    traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(logged).toContain((body as { traceId: string }).traceId);
}

beforeEach(() => {
  execute.mockReset().mockResolvedValue({
    data: { rootCertificates: { nodes: [], pageInfo: { hasNextPage: false } }, vehicleExists: true },
  });
});
afterEach(() => {
  logged.length = 0;
});

describe('a strange request', () => {
  let server: FastifyInstance;
  let port: number;
  beforeAll(async () => {
    ({ server, port } = await listen(usualTimeouts));
  });
  afterAll(() => server.close());

  const get = 'GET /v1/root/rootCerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
  const onTheWire: [string, string, number, string | RegExp][] = [
    ['that is none', 'hello\r\n\r\n', 400, /malformed|method/],
    ['of a method that HTTP does not know', 'GRAB / HTTP/1.1\r\nHost: x\r\n\r\n', 400, /malformed|method/],
    [
      'with two lengths',
      'PUT /v1/root/rootCerts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x',
      400,
      'The request is malformed.',
    ],
    [
      'with a length and in chunks',
      'PUT /v1/root/rootCerts HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'The request is malformed.',
    ],
    ['with a line break in a header', `${get}X: a\rb\r\n\r\n`, 400, 'The request is malformed.'],
    ['with headers without end', `${get}X: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'The headers are too large.'],
    [
      'with a path without end',
      `GET /v1/root/rootCerts/${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'The headers are too large.',
    ],
    [
      'without a host',
      'GET /v1/root/rootCerts HTTP/1.1\r\nConnection: close\r\n\r\n',
      400,
      /^The header host/,
    ],
    ['with two hosts', `${get}Host: y\r\nAuthorization: ${token}\r\n\r\n`, 400, /^The header host/],
    [
      'of two who differ',
      `${get}Authorization: ${token}\r\nAuthorization: Bearer other\r\n\r\n`,
      400,
      'The header authorization is there more than once, and not the same.',
    ],
    [
      'that wants revocation skipped and not skipped',
      `DELETE /v1/ccp/signedContractData/EMP99C00000001 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${token}\r\nX-Skip-Revocation: true\r\nX-Skip-Revocation: false\r\n\r\n`,
      400,
      /^The header x-skip-revocation/,
    ],
  ];
  it.each(onTheWire)('%s is refused', async (_, octets, status, sentence) => {
    const answer = read(await exchange(port, octets));
    expect(answer.status).toBe(status);
    expectRefusal(answer.body, sentence);
    expect(execute).not.toHaveBeenCalled();
  });

  it('that says the same header twice is served', async () => {
    const answer = read(await exchange(port, `${get}${`Authorization: ${token}\r\n`.repeat(2)}\r\n`));
    expect(answer.status).toBe(200);
  });

  const ask = async (
    method: string,
    path: string,
    { body, headers }: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: token, ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const json: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, allow: response.headers.get('allow'), json };
  };

  it.each([
    ['PATCH', '/v1/root/rootCerts', 'GET, HEAD, PUT'],
    ['POST', '/v1/oem/provCerts/?x=1', 'PUT'],
    ['PROPFIND', '/v1/ccp/signedContractData', 'POST, PUT'],
    ['PUT', '/v1/ccp/signedContractData/WVWZZZ1JZ3W386752', 'DELETE, GET, HEAD'],
    ['GET', '/v1/ccp/signedContractData/WVWZZZ1JZ3W386752/EMP99C00000001/default', 'POST'],
    // Reading it is a delivery, which HEAD must not be.
    ['POST', '/v1/ccp/provideSignedContractData/EMP99C00000001/WVWZZZ1JZ3W386752', 'GET'],
  ])('%s %s is told the methods that there are', async (method, path, allow) => {
    const answer = await ask(method, path);
    expect({ status: answer.status, allow: answer.allow }).toEqual({ status: 405, allow });
    expectRefusal(answer.json, `Here, ${allow} can be used.`);
    const options = await ask('OPTIONS', path);
    expect(options).toEqual({ status: 204, allow, json: undefined });
  });

  it.each([
    '/v1/nothing',
    '/v1',
    '/v1/ccp/signedContractData/a/b',
    '/v1/root/rootCerts/a/b',
    '/%2Fv1%2Froot',
  ])('for %s, where nothing is, is told so', async (path) => {
    const answer = await ask('GET', path);
    expect(answer.status).toBe(404);
    expectRefusal(answer.json, 'There is nothing here.');
  });

  it('for what is not there is told so, whatever body it has', async () => {
    for (const [path, type, body] of [
      ['/oauth/tokens', 'nonsense', '{}'],
      ['/v1/root/rootCert', 'text/plain', 'x'],
      ['/v1/root/rootCert', 'application/json', '{'],
    ] as const) {
      const answer = await ask('POST', path, { headers: { 'content-type': type }, body });
      expect([path, answer.status]).toEqual([path, 404]);
      expectRefusal(answer.json, 'There is nothing here.');
    }
    const answer = await ask('PUT', '/oauth/token', { headers: { 'content-type': 'nonsense' }, body: '{}' });
    expect([answer.status, answer.allow]).toEqual([405, 'POST']);
  });

  it('for what there is, with doubled slashes, one at the end, HEAD or any Accept, is served', async () => {
    for (const path of ['/v1/root/rootCerts/', '//v1/root/rootCerts', '/v1//root/rootCerts/?rootType=v2g'])
      expect({ path, status: (await ask('GET', path)).status }).toEqual({ path, status: 200 });
    // And refused in the shape of the door that was meant.
    expect((await ask('POST', '//oauth//token/', { body: '{' })).json).toMatchObject({
      error: 'invalid_request',
    });
    expect((await ask('POST', '//graphql/', { body: '{' })).json).toMatchObject({
      errors: [{ extensions: { code: 'BAD_INPUT' } }],
    });
    expect(await ask('HEAD', '/v1/root/rootCerts')).toMatchObject({ status: 200, json: undefined });
    for (const accept of ['application/xml', 'image/png', 'nonsense', 'application/json;q=0'])
      expect((await ask('GET', '/v1/root/rootCerts', { headers: { accept } })).status).toBe(200);
  });

  const pcidSentence = 'pcid : must match "^[a-zA-Z0-9]{17,18}$"';
  it.each([
    ['/v1/oem/provCerts/WVWZZZ1JZ3W38675%2F', pcidSentence],
    ['/v1/oem/provCerts/WVWZZZ1JZ3W38675%00', pcidSentence],
    ['/v1/oem/provCerts/..%2F..%2Fgraphql', pcidSentence],
    ['/v1/oem/provCerts/WVWZZZ1JZ3W38675%EF%BC%92', pcidSentence],
    [`/v1/oem/provCerts/${'W'.repeat(400)}`, pcidSentence],
    [`/v1/oem/provCerts/${'W'.repeat(4_000)}`, 'The path is malformed.'],
    ['/v1/oem/provCerts/%E0%A4%A', 'The path is malformed.'],
    ['/v1/oem/provCerts/%', 'The path is malformed.'],
    ['/v1/root/rootCerts?rootType=V2G&rootType=OEM', 'rootType : must be a string'],
    ['/v1/root/rootCerts?rootType=V2G%00', 'rootType : must be one of V2G, MO, OEM, PE'],
    ['/v1/root/rootCerts?rootType=%E0%A4%A', /^rootType : must be one of /],
    ['/v1/root/rootCerts?rootType[]=V2G&__proto__[x]=1&rootType=x', /^rootType : must be one of /],
  ])('for %s is refused', async (path, sentence) => {
    const answer = await ask('GET', path);
    expect(answer.status).toBe(400);
    expectRefusal(answer.json, sentence);
    expect(execute).not.toHaveBeenCalled();
  });

  const notJson = 'The body is not valid JSON.';
  const notObject = 'The body must be a JSON object.';
  const bodies: [string, string | Uint8Array<ArrayBuffer>, string, string | RegExp][] = [
    ['that is cut off', '{"rootType": "V2G"', 'application/json', notJson],
    ['that is empty', '', 'application/json', notJson],
    ['with a prototype', '{"__proto__": {"rootType": "V2G"}}', 'application/json', notJson],
    ['nested without end', '['.repeat(500_000), 'application/json', notJson],
    ['of UTF-16', Buffer.from('{}', 'utf16le'), 'application/json; charset=utf-16', notJson],
    [
      'of no characters',
      Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
      'application/json',
      'The body is not UTF-8.',
    ],
    ['that is a list', '[{}]', 'application/json', notObject],
    ['that is a text', '"V2G"', 'application/json', notObject],
    ['that is null', 'null', 'application/json', notObject],
    [
      'with NUL',
      '{"caCertificate": "\\u0000", "rootType": "V2G\\u0000"}',
      'application/json',
      /^rootType : /,
    ],
    [
      'with a deep field that nobody reads',
      `{"x": ${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}, "constructor": {"prototype": {}}}`,
      'application/json;charset=UTF-8',
      'caCertificate : must not be blank',
    ],
    [
      'after a byte order mark',
      '\ufeff{"rootType": "V2G"}',
      'application/json',
      'caCertificate : must not be blank',
    ],
  ];
  it.each(bodies)('with a body %s is refused', async (_, body, type, sentence) => {
    const answer = await ask('PUT', '/v1/root/rootCerts', { body, headers: { 'content-type': type } });
    expect(answer.status).toBe(400);
    expectRefusal(answer.json, sentence);
    expect(execute).not.toHaveBeenCalled();
  });

  it('with a body in another type is refused, in the first of two types as well', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'nonsense',
      '',
    ]) {
      const answer = await ask('PUT', '/v1/root/rootCerts', {
        body: '{}',
        headers: { 'content-type': type },
      });
      expect({ type, status: answer.status }).toEqual({ type, status: 415 });
      expectRefusal(answer.json, 'Send the body as application/json.');
    }
  });

  it('of more than a megabyte in chunks is refused when it is beyond', async () => {
    const body = 'x'.repeat(1024 * 1024);
    const head = `PUT /v1/root/rootCerts HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n`;
    const answer = read(
      await exchange(
        port,
        `${head}Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n${body}x\r\n0\r\n\r\n`,
      ),
    );
    expect(answer.status).toBe(413);
    expectRefusal(answer.body, 'The body is larger than 1 MiB.');
  });
});

describe('a client that takes its time', () => {
  let server: FastifyInstance;
  let port: number;
  beforeAll(async () => {
    ({ server, port } = await listen({ headers: 300, request: 600, silence: 60_000, check: 50 }));
  });
  afterAll(() => server.close());

  const head = 'PUT /v1/root/rootCerts HTTP/1.1\r\nHost: x\r\n';
  const late = 'The request took too long to arrive.';

  it('over its headers is cut off', async () => {
    const answer = read(await exchange(port, head, 'x: y\r\n'));
    expect(answer.status).toBe(408);
    expectRefusal(answer.body, late);
  });

  it('over its body is cut off', async () => {
    const rest = `Authorization: ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`;
    const answer = read(await exchange(port, `${head}${rest}`, ' '));
    expect(answer.status).toBe(408);
    expectRefusal(answer.body, late);
  });

  it('and comes to an end after all is not served any more', async () => {
    const body = '{"certificateInstallationReq": "AAAA"}';
    const request = `POST /v1/ccp/signedContractData HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = read(await exchange(port, request + body.slice(0, 1), undefined, body.slice(1)));
    expect(answer.status).toBe(408);
    await vi.waitFor(() => {
      server.server.closeIdleConnections();
      return new Promise<void>((resolve, reject) => {
        server.server.getConnections((_, count) => {
          if (count === 0) resolve();
          else reject(new Error(`There are ${count} connections.`));
        });
      });
    }, 10_000);
    expect(execute).not.toHaveBeenCalled();
  });

  it('without a word is cut off', async () => {
    const silent = await listen({ ...usualTimeouts, silence: 100 });
    expect(await exchange(silent.port, 'GET')).toBe('');
    await silent.server.close();
  });
});
