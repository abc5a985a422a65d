import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';

/** A part of a process that can say whether it serves. */
export interface HealthCheck {
  readonly name: string;
  /** Resolves when the part serves; throws a sentence that says why not. */
  readonly check: () => Promise<void>;
}

/** A health port that is open. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const checkTimeoutMs = 3_000;

/**
 * Opens the health port: `GET /live` answers 200 as long as the process runs, `GET /ready` 200 when every part
 * serves and 503 naming those that do not.
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
        answer(
          failing.length === 0 ? 200 : 503,
          failing.length === 0 ? { status: 'ready' } : { status: 'not ready', failing },
        );
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

async function failingParts(checks: readonly HealthCheck[], logger: Logger): Promise<string[]> {
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
        logger.warn({ err: error, part: part.name }, 'a part does not serve');
        return [part.name];
      } finally {
        clearTimeout(timer);
      }
    }),
  );
  return results.flat();
}
