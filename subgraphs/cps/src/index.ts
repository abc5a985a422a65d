export { cpsMigrations, createCps, type CpsDeps } from './subgraph.ts';
