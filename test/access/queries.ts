import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

const recording = new AsyncLocalStorage<string[]>();
let installed = false;

/**
 * Runs `work` and lists the texts of the SQL statements that it, and nothing else, sends in this process, in order.
 * Values are parameters, so equal texts are the same kind of query.
 */
export async function recordQueries<T>(
  work: () => Promise<T>,
): Promise<{ result: T; queries: readonly string[] }> {
  install();
  const queries: string[] = [];
  const result = await recording.run(queries, work);
  return { result, queries };
}

function install(): void {
  if (installed) return;
  installed = true;
  // Every pool's statements, Prisma's among them, pass through pg's clients.

  const original: (...args: unknown[]) => unknown = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: unknown, ...args: unknown[]) {
    const [config] = args;
    const text = typeof config === 'string' ? config : (config as { text?: string } | undefined)?.text;
    if (text !== undefined) recording.getStore()?.push(text);
    return Reflect.apply(original, this, args);
  } as typeof pg.Client.prototype.query;
}
