import { defaultDeadlineMs, type SubgraphResponse } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { GraphExecutor, Variables } from '../graph/executor.ts';
import type { RateLimited } from './meter.ts';
import type { Cost, PartnerLimits } from './partner-limits.ts';
import type { RefusedWrites } from './refused-writes.ts';

/**
 * Runs a partner's query or mutation within the limits; resolves with its answer and what it cost.
 *
 * @throws RateLimited
 */
export async function runForPartner(
  {
    executor,
    limits,
    refusedWrites,
  }: {
    readonly executor: GraphExecutor;
    readonly limits: PartnerLimits;
    readonly refusedWrites: RefusedWrites;
  },
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
  // Of what was let pass, the pools record the refusals.
  if (passage.cost === undefined)
    refusedWrites.tell(request, rateLimited === undefined ? (response.errors ?? []) : [asShown(rateLimited)]);
  if (rateLimited !== undefined) throw rateLimited;
  return { response, cost: passage.cost };
}

const asShown = ({ message, code }: RateLimited) => ({ message, extensions: { code } });
