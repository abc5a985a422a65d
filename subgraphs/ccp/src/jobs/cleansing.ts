import {
  countStored,
  createCleansing,
  refreshStatuses,
  removeLeaving,
  type Cleansing,
  type CleansingDeps,
} from '@chargegraph/cleansing';
import { createLeavingData } from '../store/leaving-data.ts';
import { createStoredChains } from '../store/stored-chains.ts';

/**
 * CCP's cleansing: data whose contract certificate has itself ended or is itself revoked is deleted, as its operator could
 * delete it; what is above it, and who signed it, removes nothing.
 */
export function createCcpCleansing({ onEvent, ...deps }: CleansingDeps): Cleansing {
  const { database } = deps;
  return createCleansing({
    ...deps,
    pool: 'ccp',
    steps: [
      countStored('signed_contract_data'),
      refreshStatuses(createStoredChains(database)),
      removeLeaving(createLeavingData({ database, onEvent })),
    ],
  });
}
