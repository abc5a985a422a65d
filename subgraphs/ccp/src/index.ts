export { ccpMigrations, createCcp, type CcpDeps } from './subgraph.ts';
