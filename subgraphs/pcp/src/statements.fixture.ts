import { vi } from 'vitest';
import type { TestPcp } from './pcp.fixture.ts';

/**
 * The texts of the statements about cars that `work` sends to PostgreSQL, sorted; the sequencer sends none. Audit records are
 * left out: a refusal's comes after the answer, whatever was refused.
 */
export async function statements(pool: TestPcp, work: () => Promise<unknown>): Promise<string[]> {
  const client = await pool.database.pool.connect();
  client.release();
  const prototype = Object.getPrototypeOf(client) as {
    query: (statement: string | { text: string }) => unknown;
  };
  const spy = vi.spyOn(prototype, 'query');
  try {
    await work();
    return spy.mock.calls
      .map(([statement]) => (typeof statement === 'string' ? statement : statement.text))
      .filter((text) => /provisioning_|chargegraph vehicle|INTO outbox/.test(text))
      .sort();
  } finally {
    spy.mockRestore();
  }
}
