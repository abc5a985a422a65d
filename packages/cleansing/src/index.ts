export {
  createCleansing,
  usualPace,
  type Cleansing,
  type CleansingDeps,
  type CleansingMeans,
  type CleansingOptions,
  type RunOptions,
  type RunOutcome,
} from './cleansing.ts';
export { cleansingTablesPath, readCleansingTables } from './cleansing-tables.ts';
export { countStored } from './count-stored.ts';
export { isFinallyRevoked } from './finally-revoked.ts';
export { cleansingJobs, createCleansingJob, type CleansingJobOptions } from './job.ts';
export { refreshStatuses, type StoredChains, type StoredLeaf } from './refresh-statuses.ts';
export { removeLeaving, type Leaving, type Removed } from './remove-leaving.ts';
export { cleansedPools, type CleansedPool, type CleansingReport, type Tally } from './report.ts';
export type { Pace, Run, Step } from './run.ts';
export { nightly, readSchedule, type Schedule } from './schedule.ts';
