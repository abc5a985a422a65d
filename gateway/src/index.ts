export { createGateway, type Gateway, type GatewayDeps } from './gateway.ts';
export type { PoolSource } from './graph/executor.ts';
