import type { PageRequest } from '@chargegraph/graph';
import { ChargeGraphError } from '@chargegraph/service';

const pattern = /^[01] \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f]{64} ISO15118_(2|20)$/;

/**
 * Refuses a cursor that the list of signers cannot have given.
 *
 * @throws ChargeGraphError BAD_INPUT naming the argument
 */
export function requireSignerCursor(page: PageRequest): PageRequest {
  const { from, backward } = page;
  if (from === undefined) return page;
  if (pattern.test(from.join(' ')) && !Number.isNaN(Date.parse(from[1] ?? ''))) return page;
  throw new ChargeGraphError('BAD_INPUT', 'This is no cursor of this list.', {
    path: [backward ? 'before' : 'after'],
  });
}
