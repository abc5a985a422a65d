export { cpsMigrations, createCps, type CpsDeps } from './subgraph.ts';
export { createCpsCleansing } from './jobs/cleansing.ts';
