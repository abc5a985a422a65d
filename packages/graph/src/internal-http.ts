import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { z } from 'zod';
import { ChargeGraphError } from '@chargegraph/service';
import type { InternalAudience, InternalTokens } from '@chargegraph/identity';
import type { RequestContext } from './request-context.ts';
import type { SubgraphResponse } from './subgraph.ts';

/** Headers of the calls between our own processes; beside them goes the internal token. */
export const internalHeaders = {
  traceId: 'x-chargegraph-trace-id',
  /** Milliseconds that are left; an instant would need clocks that agree. */
  timeLeft: 'x-chargegraph-time-left',
  hops: 'x-chargegraph-hops',
} as const;

/** Largest body of a call between our own processes, in octets, either way. */
export const maximumInternalBody = 16 * 1024 * 1024;

/** Where an internal call goes and how it identifies itself. */
export interface InternalEndpoint {
  readonly url: URL;
  readonly audience: InternalAudience;
  readonly tokens: InternalTokens;
}

const connections = { keepAlive: true, maxSockets: 64, scheduling: 'lifo' } as const;
const httpAgent = new HttpAgent(connections);
const httpsAgent = new HttpsAgent(connections);

/**
 * Sends one GraphQL operation to another of our processes over a kept-alive connection, with exactly the rights of
 * the context's caller.
 *
 * @throws ChargeGraphError UNAVAILABLE or DEADLINE_EXCEEDED
 */
export async function postInternally(
  endpoint: InternalEndpoint,
  operation: { query: string; variables?: unknown; operationName?: string | undefined },
  context: RequestContext,
): Promise<SubgraphResponse> {
  const timeLeft = context.deadline - Date.now();
  if (timeLeft <= 0)
    throw new ChargeGraphError('DEADLINE_EXCEEDED', 'The operation took too long and was given up.');
  const token = await endpoint.tokens.mint(context.caller, endpoint.audience);
  const body = JSON.stringify(operation);
  const answer = await post(endpoint.url, body, timeLeft, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    authorization: `Bearer ${token}`,
    [internalHeaders.traceId]: context.traceId,
    [internalHeaders.timeLeft]: String(timeLeft),
    [internalHeaders.hops]: String(context.hops),
  });
  return readAnswer(answer);
}

const answerSchema = z
  .object({
    data: z.looseObject({}).nullish(),
    errors: z.array(z.looseObject({ message: z.string() })).optional(),
  })
  .refine(({ data, errors }) => data !== undefined || errors !== undefined);

/** Any other status, a refused token among them, is about our processes and not about what the caller asked. */
function readAnswer({ status, text }: Answer): SubgraphResponse {
  if (status !== 200) throw unavailable(new Error(`It answered with the status ${status}.`));
  try {
    const answer: unknown = JSON.parse(text);
    answerSchema.parse(answer);
    return answer as SubgraphResponse;
  } catch (cause) {
    throw unavailable(cause);
  }
}

const unavailable = (cause: unknown) =>
  new ChargeGraphError('UNAVAILABLE', 'A part of the ecosystem does not answer; try again.', { cause });

interface Answer {
  readonly status: number;
  readonly text: string;
}

const parts = new WeakMap<URL, ReturnType<typeof urlToHttpOptions>>();

/** An address as Node's client takes it; the same few are asked all the time. */
function partsOf(url: URL): ReturnType<typeof urlToHttpOptions> {
  let known = parts.get(url);
  if (known === undefined) parts.set(url, (known = urlToHttpOptions(url)));
  return known;
}

function post(url: URL, body: string, timeout: number, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { ...partsOf(url), method: 'POST', headers };
    const request =
      url.protocol === 'https:'
        ? httpsRequest({ ...options, agent: httpsAgent })
        : httpRequest({ ...options, agent: httpAgent });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy(new Error(`No answer came within ${timeout} ms.`));
    }, timeout).unref();
    request.on('close', () => {
      clearTimeout(timer);
    });
    const failed = (cause: unknown) => {
      reject(
        isLate
          ? new ChargeGraphError('DEADLINE_EXCEEDED', 'The operation took too long and was given up.', {
              cause,
            })
          : unavailable(cause),
      );
    };
    request.on('error', failed);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maximumInternalBody) response.destroy(new Error('The answer is too large.'));
        else chunks.push(chunk);
      });
      response.on('error', failed);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
    });
    request.end(body);
  });
}
