import { request as httpRequest, Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { checkedUrl, type AddressRules } from './checked-url.ts';
import { guardedLookup, systemResolve, type Resolve } from './guarded-lookup.ts';
import { FetchFailure } from './no-verdict.ts';

/** One request to a responder or for a CRL. */
export interface FetchRequest {
  readonly url: string;
  /** Sent by POST; without it the address is fetched by GET. */
  readonly body?: { readonly type: string; readonly octets: Uint8Array };
  /** The answer that is wanted, as a media type. */
  readonly accept: string;
  /** A larger answer is cut off, in octets. */
  readonly maximumSize: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks other machines. */
export interface Fetcher {
  /**
   * The answer's octets.
   *
   * @throws FetchFailure for everything else that can happen
   */
  fetch(request: FetchRequest): Promise<Buffer>;
}

/** What {@link createHttpFetcher} is made of. */
export interface HttpFetcherOptions extends AddressRules {
  /** Milliseconds for everything, redirects included. */
  readonly timeout: number;
  /** How many redirects are followed. */
  readonly redirects: number;
  /** Finds the addresses of names; the machine's resolver unless given. */
  readonly resolve?: Resolve | undefined;
}

const redirectCodes: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Asks by HTTP: each request on a connection of its own, without proxies, cookies and compression, and only machines
 * that {@link AddressRules} allow, redirects included.
 */
export function createHttpFetcher(options: HttpFetcherOptions): Fetcher {
  const lookup = guardedLookup(options.resolve ?? systemResolve, options.isAllowed);
  const agents = { 'http:': new Agent(), 'https:': new SecureAgent() };

  const open = async (url: URL, request: FetchRequest, signal: AbortSignal): Promise<IncomingMessage> =>
    await new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const { body } = request;
      const sent = (secure ? httpsRequest : httpRequest)(url, {
        agent: secure ? agents['https:'] : agents['http:'],
        lookup,
        signal,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: request.accept,
          'accept-encoding': 'identity',
          'user-agent': 'ChargeGraph',
          ...(body && { 'content-type': body.type, 'content-length': body.octets.length }),
        },
      });
      sent.once('response', resolve);
      sent.once('error', reject);
      sent.end(body?.octets);
    });

  const follow = async (request: FetchRequest, signal: AbortSignal): Promise<Buffer> => {
    let url = checkedUrl(request.url, options);
    for (let hops = 0; ; hops++) {
      const response = await open(url, request, signal);
      const { statusCode = 0 } = response;
      if (statusCode === 200) return await readBody(response, request.maximumSize);
      response.destroy();
      const target = response.headers.location;
      if (!redirectCodes.has(statusCode) || target === undefined) {
        throw new FetchFailure(`answered with HTTP status ${statusCode}`, { ofHost: statusCode >= 500 });
      }
      if (options.redirects === 0)
        throw new FetchFailure('redirects, which is not followed', { ofHost: false });
      if (hops >= options.redirects) throw new FetchFailure('redirects too often', { ofHost: false });
      if (!URL.canParse(target, url.href))
        throw new FetchFailure('redirects to what is no URL', { ofHost: false });
      url = checkedUrl(new URL(target, url.href).href, options);
    }
  };

  return {
    fetch: async (request) => {
      const timer = AbortSignal.timeout(options.timeout);
      const signal = request.signal === undefined ? timer : AbortSignal.any([timer, request.signal]);
      try {
        return await follow(request, signal);
      } catch (error) {
        throw toFailure(error, timer.aborted, options.timeout);
      }
    },
  };
}

/** Reads no further than one chunk beyond the limit; what came by then is dropped. */
async function readBody(response: IncomingMessage, maximumSize: number): Promise<Buffer> {
  const tooLarge = (): FetchFailure =>
    new FetchFailure(`answered with more than ${maximumSize} octets`, { ofHost: false });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (Number(response.headers['content-length'] ?? 0) > maximumSize) throw tooLarge();
    const coding = response.headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity')
      throw new FetchFailure('answered in a coding that was not asked for', { ofHost: false });
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maximumSize) throw tooLarge();
      chunks.push(chunk);
    }
  } finally {
    response.destroy();
  }
  return Buffer.concat(chunks, size);
}

function toFailure(error: unknown, timedOut: boolean, timeout: number): FetchFailure {
  if (error instanceof FetchFailure) return error;
  if (timedOut) {
    return new FetchFailure(`did not answer within ${timeout / 1000} seconds`, {
      ofHost: true,
      cause: error,
    });
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new FetchFailure('was not waited for', { ofHost: false, cause: error });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const phrase = code === undefined ? 'could not be reached' : `could not be reached (${code})`;
  return new FetchFailure(phrase, { ofHost: true, cause: error });
}
