import { randomUUID } from 'node:crypto';
import {
  countStored,
  createCleansing,
  refreshStatuses,
  removeLeaving,
  type Cleansing,
  type CleansingDeps,
} from '@chargegraph/cleansing';
import { createLeavingCertificates } from '../store/leaving-certificates.ts';
import { createStoredChains } from '../store/stored-chains.ts';

/**
 * PCP's cleansing: a provisioning certificate that has itself ended or is itself revoked is deleted, as its maker could
 * delete it; what is above it removes nothing. Its contracts follow in CCP.
 */
export function createPcpCleansing({ onEvent, ...deps }: CleansingDeps): Cleansing {
  const { database } = deps;
  const by = () => ({
    act: { clientId: 'pcp', organisation: 'chargegraph', traceId: randomUUID() },
    action: 'cleanse',
  });
  return createCleansing({
    ...deps,
    pool: 'pcp',
    steps: [
      countStored('provisioning_certificate'),
      refreshStatuses(createStoredChains(database)),
      removeLeaving(createLeavingCertificates({ database, by, onEvent })),
    ],
  });
}
