export { createPcp, pcpMigrations, type PcpDeps } from './subgraph.ts';
export { createPcpCleansing } from './jobs/cleansing.ts';
