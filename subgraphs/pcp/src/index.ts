export { createPcp, pcpMigrations, type PcpDeps } from './subgraph.ts';
