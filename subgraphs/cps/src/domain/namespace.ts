import { ChargeGraphError } from '@chargegraph/service';
import type { Namespace } from './signer.ts';

/**
 * Refuses the generations that this service does not sign for.
 *
 * @throws ChargeGraphError BAD_INPUT
 */
export function refuseOtherNamespace(namespace: Namespace): void {
  if (namespace === 'ISO15118_2') return;
  throw new ChargeGraphError(
    'BAD_INPUT',
    'The provisioning service signs contract data of ISO 15118-2 only.',
    {
      path: ['namespace'],
    },
  );
}
