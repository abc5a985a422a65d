import type { Act } from '@chargegraph/audit';
import type { RequestContext } from '@chargegraph/graph';

/** On whose behalf a request writes. */
export const actOf = ({ caller, traceId }: RequestContext): Act => ({
  clientId: caller.clientId,
  organisation: caller.organisation,
  traceId,
});
