export { decideWith } from './decide-with.ts';
export { heldRoot, inDatesFirst, type HeldRoot, type StoredChain } from './held-root.ts';
export { createRootSet, type RootSet, type RootType, type TrustedRoot } from './root-set.ts';
export { createTrust, type Trust, type TrustDeps, type TrustedRoots } from './trust.ts';
export { readTrustTables, trustTablesPath } from './trust-tables.ts';
