import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';

/** A part of a process that can say whether it serves. */
export interface HealthCheck {
  readonly name: string;
  /** Resolves when the part serves; throws a sentence that says why not. */
  readonly check: () => Promise<void>;
  /** Whether the process serves without it, only slower: then it is named but readiness stays; not unless given. */
  readonly optional?: boolean;
}

/** A health port that is open. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const checkTimeoutMs = 3_000;

/**
 * Opens the health port: `GET /live` answers 200 as long as the process runs, `GET /ready` 200 when every part
 * serves and 503 naming those that do not. Optional parts that do not serve are named under `without`.
 */
export async function openHealthPort(options: {
  readonly host: string;
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  readonly logger: Logger;
}): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/live') {
      answer(200, { status: 'live' });
    } else if (request.url === '/ready') {
      void failingParts(options.checks, options.logger).then((failing) => {
        const named = (parts: readonly HealthCheck[]) => parts.map(({ name }) => name);
        const vital = failing.filter(({ optional }) => optional !== true);
        const without = failing.filter(({ optional }) => optional === true);
        answer(vital.length === 0 ? 200 : 503, {
          ...(vital.length === 0 ? { status: 'ready' } : { status: 'not ready', failing: named(vital) }),
          ...(without.length > 0 && { without: named(without) }),
        });
      });
    } else {
      answer(404, { status: 'unknown path: use /live or /ready' });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function failingParts(checks: readonly HealthCheck[], logger: Logger): Promise<HealthCheck[]> {
  const results = await Promise.all(
    checks.map(async (part) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new Error('no answer in time'));
        }, checkTimeoutMs);
      });
      try {
        await Promise.race([part.check(), late]);
        return [];
      } catch (error) {
        // What the process can do without says itself, once, that it is away.
        if (part.optional !== true) logger.warn({ err: error, part: part.name }, 'a part does not serve');
        return [part];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return results.flat();
}
