import { randomUUID } from 'node:crypto';
import type { Act } from '@chargegraph/audit';

/** In whose name cleansing deletes, anew for each record. */
export const byCleansing = (): { readonly act: Act; readonly action: string } => ({
  act: { clientId: 'cps', organisation: 'chargegraph', traceId: randomUUID() },
  action: 'cleanse',
});
