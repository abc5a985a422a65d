export { createRcp, rcpMigrations, type RcpDeps } from './subgraph.ts';
