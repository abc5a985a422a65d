import { randomUUID } from 'node:crypto';
import type { Act } from '@chargegraph/audit';

/** How the audit names what a command does: by a name that no client can have. */
export const actOfCommand = (command: string): Act => ({
  clientId: `chargegraph ${command}`,
  organisation: 'chargegraph',
  traceId: randomUUID(),
});
