export { createRcp, rcpMigrations, type RcpDeps } from './subgraph.ts';
export { createRcpCleansing } from './jobs/cleansing.ts';
