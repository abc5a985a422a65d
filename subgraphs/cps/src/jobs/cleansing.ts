import {
  countStored,
  createCleansing,
  refreshStatuses,
  removeLeaving,
  type Cleansing,
  type CleansingMeans,
} from '@chargegraph/cleansing';
import { noteEndsOfResults } from '../store/ends-of-results.ts';
import { createLeavingIssued } from '../store/leaving-issued.ts';
import { createLeavingResults } from '../store/leaving-results.ts';
import { countEndedSigners, createStoredChains } from '../store/stored-chains.ts';

/**
 * CPS's cleansing: what was signed of contracts that have ended goes, and issued certificates that ended long ago. Signers
 * and CAs are history and stay.
 */
export function createCpsCleansing(means: CleansingMeans): Cleansing {
  const { database } = means;
  return createCleansing({
    ...means,
    pool: 'cps',
    steps: [
      countStored('signing_result', 'issued_certificate'),
      countEndedSigners(database),
      refreshStatuses(createStoredChains(database)),
      noteEndsOfResults(database),
      removeLeaving(createLeavingResults(database)),
      removeLeaving(createLeavingIssued(database)),
    ],
  });
}
