import openapiGlue from 'fastify-openapi-glue';
import fastify, { type FastifySchema } from 'fastify';
import { operationsOf, type Contract, type OperationId } from './contract.ts';

/** An operation of a contract as Fastify routes it and checks its requests. */
export interface ContractRoute {
  readonly operationId: OperationId;
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema;
}

/**
 * What a contract has Fastify do, worked out by fastify-openapi-glue on a server that is thrown away: the library holds
 * the document against OpenAPI's own schema first, which takes a quarter of a second, and so is done once for a process
 * and not for each gateway in it.
 *
 * @throws Error when the document is no OpenAPI
 */
export async function contractRoutes(contract: Contract): Promise<readonly ContractRoute[]> {
  const routes: ContractRoute[] = [];
  const server = fastify({ exposeHeadRoutes: false, ajv: { customOptions: { strict: false } } });
  server.addHook('onRoute', ({ method, url, schema = {} }) => {
    const { operationId, ...rest } = structuredClone(schema) as FastifySchema & { operationId: OperationId };
    routes.push({ operationId, method: String(method), url, schema: jsonOnly(rest) });
  });
  await server.register(openapiGlue, {
    specification: withoutRefusals(contract),
    operationResolver: () => () => undefined,
  });
  await server.close();
  return routes;
}

interface JsonContent {
  readonly content: { readonly 'application/json': { readonly schema: object } };
}

/** Fastify checks a body by its content type and lets one without any pass: here all are JSON. */
function jsonOnly(schema: FastifySchema): FastifySchema {
  const body = schema.body as JsonContent | undefined;
  return body === undefined ? schema : { ...schema, body: body.content['application/json'].schema };
}

/** Without the schemas of refusals, of which a serializer each would be compiled at every start. */
function withoutRefusals(contract: Contract): Contract {
  const copy = structuredClone(contract);
  for (const { operation } of operationsOf(copy)) {
    const responses = operation.responses as Record<string, unknown>;
    for (const status of Object.keys(responses)) {
      if (!status.startsWith('2')) responses[status] = { description: 'Refused.' };
    }
  }
  return copy;
}
