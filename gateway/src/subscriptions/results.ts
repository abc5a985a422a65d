import { GraphQLError, type ExecutionResult } from 'graphql';
import type { SubgraphResponse } from '@chargegraph/graph';

/** A response as graphql-ws sends it. */
export function toExecutionResult(response: SubgraphResponse): ExecutionResult {
  return {
    ...(response.data !== undefined && { data: response.data }),
    ...(response.errors !== undefined && {
      errors: response.errors.map(
        ({ message, path, extensions }) =>
          new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null }),
      ),
    }),
  };
}

/** The same in JSON; undefined when there is nothing in it. */
export function resultText(response: SubgraphResponse): string | undefined {
  if (response.data === undefined && response.errors === undefined) return undefined;
  return JSON.stringify(toExecutionResult(response));
}
