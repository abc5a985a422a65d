export { createIdentity, type IdentityDeps } from './subgraph.ts';
