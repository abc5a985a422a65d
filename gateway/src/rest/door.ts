import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import { sendOpcpError } from '../http/errors.ts';
import { RateLimited } from '../limits/meter.ts';
import { askAs, type AskDeps } from './ask.ts';
import { contractOf, operationsOf, readContract, type Contract, type OperationId } from './contract.ts';
import { contractRoutes, type ContractRoute } from './contract-routes.ts';
import { handlers } from './handlers.ts';
import { readJsonBodies } from './json-body.ts';
import type { Call, Handlers } from './operation.ts';
import { opcpRefusal } from './sentences.ts';
import { validationRefusal } from './validation-sentences.ts';

/** How the server that carries the door reads what is sent: see {@link addRestDoor}. */
export const validatorOptions = {
  customOptions: { strict: false, verbose: true, removeAdditional: false, coerceTypes: 'array' },
} as const;

const routesOfContracts = new Map<string, Promise<readonly ContractRoute[]>>();

/** Once for a contract: there is one but in tests. */
function routesOf(contract: Contract): Promise<readonly ContractRoute[]> {
  const key = JSON.stringify(contract);
  const routes = routesOfContracts.get(key) ?? contractRoutes(contract);
  routesOfContracts.set(key, routes);
  return routes;
}

/**
 * The operations of the contract that ask for a token: routed, and their requests checked, by `schema/opcp.openapi.yaml`.
 * Its server needs {@link validatorOptions}, and a hook that has set `caller`.
 *
 * @throws Error when an operation has no handler or a handler no operation
 */
export function addRestDoor(
  server: FastifyInstance,
  deps: AskDeps & { readonly logger: Logger },
  { contract = readContract(), served = handlers }: { contract?: Contract; served?: Handlers } = {},
): void {
  const withToken = contractOf(contract, ({ security }) => security?.length !== 0);
  requireHandlers(withToken, served);
  void server.register(async (door) => {
    readJsonBodies(door);
    door.setSchemaErrorFormatter(validationRefusal);
    for (const { operationId, method, url, schema } of await routesOf(withToken)) {
      const handler = handle(operationId, served[operationId] as unknown as AnyHandler, deps);
      const exposeHeadRoute = !handingOver.has(operationId);
      door.route({ method, url, schema: structuredClone(schema), exposeHeadRoute, handler });
    }
  });
}

/** What is noted and told whenever it is read, and so has no HEAD: nobody would be given anything. */
const handingOver: ReadonlySet<OperationId> = new Set<OperationId>(['provideSignedContractData']);

/** A handler of which no more is known than that it serves an operation. */
type AnyHandler = (
  call: Omit<Call<OperationId>, 'params' | 'query' | 'body'> & Record<'params' | 'query' | 'body', unknown>,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** A handler as Fastify calls it. */
function handle(id: OperationId, handler: AnyHandler, deps: AskDeps & { readonly logger: Logger }) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { caller, id: traceId } = request;
    if (caller === undefined) throw new Error('The token check did not run.');
    const { params, query, headers, body } = request;
    const call = { params, query, headers, body, caller, ask: askAs(deps, { caller, traceId }) };
    try {
      const answer = await handler(call);
      return await reply.status(answer.status).send(answer.body);
    } catch (error) {
      // Faults and rates are the same for all operations.
      if (!(error instanceof ChargeGraphError) || error instanceof RateLimited) throw error;
      const shown = opcpRefusal(id, error);
      if (shown.status >= 500) throw error;
      deps.logger.info({ traceId, operation: id, ...shown }, 'a request was refused');
      return await sendOpcpError(reply, shown, traceId);
    }
  };
}

/** Nothing is served that nobody answers, and nothing answers that is not in the contract. */
function requireHandlers(contract: Contract, served: Handlers): void {
  const wanted = new Set<string>(operationsOf(contract).map(({ operation }) => operation.operationId));
  const there = new Set(Object.keys(served));
  const without = [...wanted].filter((id) => !there.has(id));
  const unknown = [...there].filter((id) => !wanted.has(id));
  if (without.length > 0)
    throw new Error(`schema/opcp.openapi.yaml: no handler serves ${without.join(', ')}.`);
  if (unknown.length > 0)
    throw new Error(`schema/opcp.openapi.yaml has no operation for the handler ${unknown.join(', ')}.`);
}
