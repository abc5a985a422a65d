export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded.ts';
export { lockFolder, type FolderLock } from './lock.ts';
export { migrate, pendingMigrations, type MigrateOptions, type MigrationTarget } from './migrate.ts';
export { asOnlyRunner } from './only-runner.ts';
export { createPeriodicJob, type PeriodicJob } from './periodic-job.ts';
export { checkedSchemaName, createPool, type PoolOptions } from './pool.ts';
export {
  createDatabase,
  type Database,
  type Isolation,
  type SqlRunner,
  type Transaction,
  type TransactionOptions,
} from './unit-of-work.ts';
export { requireMigrated } from './require-migrated.ts';
