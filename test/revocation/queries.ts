import { createDatabase } from '@chargegraph/database';
import { silentLogger } from '@chargegraph/service';
import { vi } from 'vitest';
import type { TestEcosystem } from '../harness/ecosystem.ts';

interface Connection {
  query: (statement: string | { readonly text: string }) => unknown;
}

/** Runs `work` and gives with its result the statements about revocation that this process sent meanwhile. */
export async function aboutRevocation<T>(
  { databaseUrl: url }: TestEcosystem,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly queries: readonly string[] }> {
  const database = createDatabase({ url, schema: 'ccp', logger: silentLogger, max: 1 });
  const connection = await database.pool.connect();
  // All connections of all pools have this prototype.
  const prototype = Reflect.getPrototypeOf(connection) as unknown as Connection;
  connection.release();
  await database.close();
  const spy = vi.spyOn(prototype, 'query');
  try {
    const result = await work();
    const texts = spy.mock.calls.map(([statement]) =>
      typeof statement === 'string' ? statement : statement.text,
    );
    return { result, queries: texts.filter((text) => text.includes('certificate_status')) };
  } finally {
    spy.mockRestore();
  }
}
