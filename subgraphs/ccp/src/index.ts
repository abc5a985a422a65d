export { ccpMigrations, createCcp, type CcpDeps } from './subgraph.ts';
export { createCcpCleansing } from './jobs/cleansing.ts';
