export { createGateway, type Gateway, type GatewayDeps } from './gateway.ts';
export type { PoolSource } from './graph/executor.ts';
export { createPreparer, type PreparedOperation } from './graph/operation.ts';
export { loadSupergraph, type Supergraph } from './graph/supergraph.ts';
export { defaultLimits, type GatewayLimits } from './limits/gateway-limits.ts';
export { examples, parties, placeholders, type Example, type Party } from './pages/examples/index.ts';
