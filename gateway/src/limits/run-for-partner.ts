import { defaultDeadlineMs, type SubgraphResponse } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { Cost, PartnerLimits } from './partner-limits.ts';

/**
 * Runs a partner's query or mutation within the limits; resolves with its answer and what it cost.
 *
 * @throws RateLimited
 */
export async function runForPartner(
  { executor, limits }: { readonly executor: GraphExecutor; readonly limits: PartnerLimits },
  request: {
    readonly query: string;
    readonly variables: Variables;
    readonly operationName?: string | undefined;
    readonly caller: Caller;
    readonly traceId: string;
  },
): Promise<{ readonly response: SubgraphResponse; readonly cost: Cost | undefined }> {
  const { query, variables, operationName, caller, traceId } = request;
  const passage = limits.enter(caller);
  const response = await executor.execute({
    query,
    variables,
    operationName,
    context: { caller, traceId, deadline: Date.now() + defaultDeadlineMs, hops: 0 },
    mayRun: (prepared, given) => passage.admit(prepared, given),
  });
  const rateLimited = await passage.end();
  if (rateLimited !== undefined) throw rateLimited;
  return { response, cost: passage.cost };
}
