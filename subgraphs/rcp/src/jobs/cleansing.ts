import {
  countStored,
  createCleansing,
  refreshStatuses,
  removeLeaving,
  type Cleansing,
  type CleansingDeps,
} from '@chargegraph/cleansing';
import { createLeavingRoots } from '../store/leaving-roots.ts';
import { createStoredRoots } from '../store/stored-roots.ts';

/** RCP's cleansing: a root that has ended or is revoked leaves the pool; what hangs on it elsewhere stays, marked. */
export function createRcpCleansing({ onEvent, ...deps }: CleansingDeps): Cleansing {
  const { database } = deps;
  return createCleansing({
    ...deps,
    pool: 'rcp',
    steps: [
      countStored('root_certificate'),
      refreshStatuses(createStoredRoots(database)),
      removeLeaving(createLeavingRoots({ database, onEvent })),
    ],
  });
}
