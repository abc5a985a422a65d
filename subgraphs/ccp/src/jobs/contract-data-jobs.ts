import { createPeriodicJob, type Database } from '@chargegraph/database';
import type { Clock, Logger, WorkLoop } from '@chargegraph/service';
import type { Trust } from '@chargegraph/trust';
import { fillEnds } from '../domain/fill-ends.ts';
import { reportEndingSigners } from '../domain/report-ending-signers.ts';
import { ownRequest } from '../pools/other-pools.ts';
import { createDataWithoutEnds } from '../store/data-without-ends.ts';
import { createEndingSignersStore } from '../store/ending-signers.ts';
import { pruneRevocationRequests } from '../store/revocation-requests.ts';

/** When operators are told of contracts whose signer ends. */
export interface EndingSignersSettings {
  /** How many days before the end of its chain; 14 unless given. */
  readonly leadDays?: number | undefined;
  /** Milliseconds between looks, more or less; an hour unless given. */
  readonly interval?: number | undefined;
}

const hour = 3_600_000;
const day = 24 * hour;
/** How long a request for revocation is kept after its certificate has ended. */
const requestsKept = 30 * day;

/** Makes the jobs that look after stored data: they note its ends where they are missing, tell of those of signers, and forget what is long past. */
export function createContractDataJobs(options: {
  readonly database: Database;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each commit that brought an event. */
  readonly onEvent: () => void;
  readonly settings: EndingSignersSettings | undefined;
}): readonly WorkLoop[] {
  const { database, trust, clock, logger, onEvent, settings = {} } = options;
  const { leadDays = 14, interval = hour } = settings;
  const filling = {
    store: createDataWithoutEnds(database),
    trustedRoots: () => trust.within(ownRequest()).current(),
    logger,
  };
  const reporting = { store: createEndingSignersStore(database, onEvent), clock, lead: leadDays * day };
  const shared = { database, logger, interval };
  return [
    createPeriodicJob({ ...shared, name: 'data ends', work: (mayGoOn) => fillEnds(filling, mayGoOn) }),
    createPeriodicJob({
      ...shared,
      name: 'ending signers',
      work: (mayGoOn) => reportEndingSigners(reporting, mayGoOn),
    }),
    createPeriodicJob({
      ...shared,
      name: 'revocation requests',
      work: async (mayGoOn) => {
        const endedBefore = new Date(clock.now().getTime() - requestsKept);
        await pruneRevocationRequests(database, endedBefore, mayGoOn);
      },
    }),
  ];
}
