import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@chargegraph/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpFetcher, type FetchRequest, type HttpFetcherOptions } from './fetcher.ts';
import { takingTurns } from './host-turns.ts';
import { FetchFailure } from './no-verdict.ts';
import { isPublicAddress } from './public-address.ts';
import { start } from './revocation.fixture.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const lenient: HttpFetcherOptions = { isAllowed: () => true, anyPort: true, timeout: 5_000, redirects: 0 };

/** The phrase that says why, or the answer. */
async function outcome(
  url: string,
  options: Partial<HttpFetcherOptions> = {},
  request: Partial<FetchRequest> = {},
): Promise<string> {
  const fetcher = createHttpFetcher({ ...lenient, ...options });
  try {
    return (await fetcher.fetch({ url, accept: '*/*', maximumSize: 1_000, ...request })).toString();
  } catch (error) {
    if (error instanceof FetchFailure) return error.message;
    throw error;
  }
}

describe('a request', () => {
  it('brings the answer, by POST when it has a body, without cookies or credentials', async () => {
    let seen: unknown;
    const url = await serve((request, response) => {
      seen = { method: request.method, ...request.headers };
      request.pipe(response);
    });
    const body = { type: 'application/ocsp-request', octets: Buffer.from('question') };
    expect(await outcome(url, {}, { body, accept: 'application/ocsp-response' })).toBe('question');
    expect(seen).toEqual({
      method: 'POST',
      host: new URL(url).host,
      accept: 'application/ocsp-response',
      'accept-encoding': 'identity',
      'content-length': '8',
      'content-type': 'application/ocsp-request',
      connection: expect.any(String),
      'user-agent': 'ChargeGraph',
    });
  });

  it('ends when nothing comes in time', async () => {
    const url = await serve(() => undefined);
    expect(await outcome(url, { timeout: 50 })).toBe('did not answer within 0.05 seconds');
  });

  it('ends in time too when the answer only drips', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await outcome(url, { timeout: 150 })).toBe('did not answer within 0.15 seconds');
  });

  it('cuts an answer of 1 GB off at the limit and keeps none of it', async () => {
    const chunk = Buffer.alloc(64 * 1024, 7);
    let sent = 0;
    let closed = false;
    const url = await serve((_, response) => {
      const send = (): void => {
        while (sent < 2 ** 30 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', send).on('close', () => (closed = true));
      send();
    });
    const before = process.memoryUsage();
    const maximumSize = 2 ** 20;
    expect(await outcome(url, {}, { maximumSize })).toBe(`answered with more than ${maximumSize} octets`);
    const after = process.memoryUsage();
    await expect.poll(() => closed).toBe(true);
    expect(sent).toBeLessThan(64 * 2 ** 20);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(32 * 2 ** 20);
  });

  it('does not begin to read an answer that says it is too long', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-length': 5_000 }).write('x'));
    expect(await outcome(url)).toBe('answered with more than 1000 octets');
  });

  it('is refused an answer in a coding it did not ask for', async () => {
    const url = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end('x'));
    expect(await outcome(url)).toBe('answered in a coding that was not asked for');
  });

  it('says with which status it failed', async () => {
    const url = await serve((_, response) => response.writeHead(503).end('x'));
    expect(await outcome(url)).toBe('answered with HTTP status 503');
  });

  it('says how the connection failed', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await outcome(url)).toBe('could not be reached (ECONNRESET)');
    const { port } = new URL(url);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await outcome(`http://127.0.0.1:${port}`)).toBe('could not be reached (ECONNREFUSED)');
  });
});

describe('a redirect', () => {
  const chain = () =>
    serve((request, response) => {
      const step = Number(request.url?.slice(1) ?? 0);
      if (step === 0) response.end('there');
      else response.writeHead(302, { location: `/${step - 1}` }).end();
    });

  it('is not followed unless that is configured', async () => {
    expect(await outcome(`${await chain()}/1`)).toBe('redirects, which is not followed');
  });

  it('is followed three times and no more when configured', async () => {
    const url = await chain();
    expect(await outcome(`${url}/3`, { redirects: 3 })).toBe('there');
    expect(await outcome(`${url}/4`, { redirects: 3 })).toBe('redirects too often');
  });

  it.each([
    ['file:///etc/passwd', 'is neither at http nor at https'],
    ['http://user:secret@127.0.0.1/', 'has an address with a user name'],
    ['http://[', 'redirects to what is no URL'],
  ])('to %s is refused', async (location, phrase) => {
    const url = await serve((_, response) => response.writeHead(307, { location }).end());
    expect(await outcome(url, { redirects: 3 })).toBe(phrase);
  });

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://[::1]/', 'http://home.example.com/'])(
    'to the private address %s is refused as a first address would be',
    async (location) => {
      const url = await serve((_, response) => response.writeHead(302, { location }).end());
      const options = {
        redirects: 3,
        isAllowed: (address: string) => address === '127.0.0.1',
        resolve: () => Promise.resolve([{ address: '127.0.0.2', family: 4 }]),
      };
      expect(await outcome(url, options)).toBe('is at a private address, which is not asked');
    },
  );
});

describe('an address that is not the public internet', () => {
  const strict = { isAllowed: isPublicAddress, anyPort: false };

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.2.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
  ])('is not asked: %s', async (url) => {
    expect(await outcome(url, strict)).toBe('is at a private address, which is not asked');
  });

  it('is not asked by a name that leads to it, whichever its other addresses are', async () => {
    const resolve = () =>
      Promise.resolve([
        { address: '10.0.0.1', family: 4 },
        { address: '::ffff:127.0.0.1', family: 6 },
      ]);
    const url = 'http://ocsp.example.com/';
    expect(await outcome(url, { ...strict, resolve })).toBe('is at a private address, which is not asked');
    expect(await outcome('http://localhost/', strict)).toBe('is at a private address, which is not asked');
  });

  it('is not connected to by a name that had another address a moment ago', async () => {
    let connected = false;
    const url = await serve((_, response) => {
      connected = true;
      response.end('x');
    });
    const answers = ['127.0.0.2', '127.0.0.1'];
    const options = {
      isAllowed: (address: string) => address === '127.0.0.2',
      resolve: () => Promise.resolve([{ address: answers.shift() ?? '', family: 4 }]),
    };
    const target = `http://rebinding.example.com:${new URL(url).port}/`;
    expect(await outcome(target, options)).toBe('could not be reached (ECONNREFUSED)');
    expect({ answers, connected }).toEqual({ answers: ['127.0.0.1'], connected: false });
  });

  it.each([
    ['http://ocsp.example.com:8080/', 'is at a port that is not asked'],
    ['ftp://ocsp.example.com/', 'is neither at http nor at https'],
    ['ldap://ocsp.example.com/cn=x', 'is neither at http nor at https'],
    ['http://a:b@ocsp.example.com/', 'has an address with a user name'],
    ['no url', 'has an address that is no URL'],
    [`http://ocsp.example.com/${'x'.repeat(2_048)}`, 'has an address that is no URL'],
  ])('%s: %s', async (url, phrase) => {
    expect(await outcome(url, strict)).toBe(phrase);
  });
});

describe('hosts', () => {
  const request = (url: string): FetchRequest => ({ url, accept: '*/*', maximumSize: 10 });

  it.each([
    [6, { most: 5, mostPerHost: 1 }],
    [2, { most: 4, mostPerHost: 2 }],
  ])('are asked so many times at once and no more, %d of them', async (count, expected) => {
    const running = new Map<string, number>();
    let [most, mostPerHost] = [0, 0];
    const change = (host: string, by: number): void => {
      running.set(host, (running.get(host) ?? 0) + by);
      mostPerHost = Math.max(mostPerHost, ...running.values());
      most = Math.max(
        most,
        [...running.values()].reduce((sum, each) => sum + each, 0),
      );
    };
    const fetcher = takingTurns(
      {
        fetch: async ({ url }) => {
          change(url, 1);
          await new Promise((resolve) => setImmediate(resolve));
          change(url, -1);
          return Buffer.from('x');
        },
      },
      { clock: new ManualClock(start), parallel: 5, parallelPerHost: 2, backOff: 30_000 },
    );
    const urls = Array.from({ length: 60 }, (_, index) => `http://host-${index % count}/`);
    await Promise.all(urls.map((url) => fetcher.fetch(request(url))));
    expect({ most, mostPerHost }).toEqual(expected);
  });

  it('are left in peace after a failure, those that waited for their turn too', async () => {
    const clock = new ManualClock(start);
    let asked = 0;
    const failure = new FetchFailure('did not answer', { ofHost: true });
    const fetcher = takingTurns(
      {
        fetch: async () => {
          asked++;
          await Promise.resolve();
          throw failure;
        },
      },
      { clock, parallel: 5, parallelPerHost: 1, backOff: 30_000 },
    );
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => fetcher.fetch(request('http://dead/'))),
    );
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(asked).toBe(1);
    await expect(fetcher.fetch(request('http://alive/'))).rejects.toBe(failure);
    clock.advance(30_000);
    await expect(fetcher.fetch(request('http://dead/'))).rejects.toBe(failure);
    expect(asked).toBe(3);
  });
});
