import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode } from 'graphql';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import type { Caller } from '@chargegraph/identity';
import type { RequestContext } from './request-context.ts';
import type { SubgraphResponse } from './subgraph.ts';

/** Runs an operation on the whole graph: in one process the gateway's executor, across processes HTTP to it. */
export type GraphTransport = (request: {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}) => Promise<SubgraphResponse>;

/** How a pool asks the graph for other pools' data. Never used inside an open transaction. */
export interface GraphClient {
  /**
   * Runs `document` as `caller`, within the deadline of the operation that needs it.
   *
   * @throws ChargeGraphError DEADLINE_EXCEEDED, LIMIT_EXCEEDED, CURSOR_INVALID or CURSOR_EXPIRED when the graph refuses
   *   with that; UNAVAILABLE when it refuses for any other reason, which is no fault of whoever asked us, or does not
   *   answer
   */
  query<R, V extends object>(
    document: TypedDocumentNode<R, V>,
    variables: V,
    on: { readonly caller: Caller; readonly request: RequestContext },
  ): Promise<R>;
}

/** What an asking pool can do something about: stop, or read a log anew. */
const passedOn = [
  'DEADLINE_EXCEEDED',
  'LIMIT_EXCEEDED',
  'CURSOR_INVALID',
  'CURSOR_EXPIRED',
] as const satisfies readonly ErrorCode[];

/** Makes the client that a pool is given. */
export function createGraphClient(transport: GraphTransport): GraphClient {
  const texts = new WeakMap<DocumentNode, string>();
  const textOf = (document: DocumentNode) => {
    let text = texts.get(document);
    if (text === undefined) texts.set(document, (text = print(document)));
    return text;
  };

  return {
    async query<R, V extends object>(
      document: TypedDocumentNode<R, V>,
      variables: V,
      { caller, request }: { readonly caller: Caller; readonly request: RequestContext },
    ): Promise<R> {
      const response = await transport({
        query: textOf(document),
        variables: variables as Readonly<Record<string, unknown>>,
        context: { caller, traceId: request.traceId, deadline: request.deadline, hops: request.hops + 1 },
      });
      const error = response.errors?.[0];
      if (error !== undefined || response.data == null) {
        const code = error?.extensions?.['code'];
        throw new ChargeGraphError(
          passedOn.find((each) => each === code) ?? 'UNAVAILABLE',
          'Another pool of the ecosystem could not be asked; try again.',
          { cause: new Error(error?.message ?? 'no data') },
        );
      }
      return response.data as R;
    },
  };
}
