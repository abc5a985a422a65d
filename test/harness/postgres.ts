import { createTestDatabase as createDatabaseOn, type TestDatabase } from '@chargegraph/database/testing';

export type { TestDatabase };

/** Makes an empty database: on the server that CHARGEGRAPH_TEST_DATABASE_URL names, else on the tests' own. */
export const createTestDatabase = (): Promise<TestDatabase> =>
  createDatabaseOn(process.env['CHARGEGRAPH_TEST_DATABASE_URL']);
