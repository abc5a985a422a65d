import { asOnlyRunner, type Database } from '@chargegraph/database';
import { createConsumer, type EventBus } from '@chargegraph/events';
import { createWorkLoop, type Logger } from '@chargegraph/service';
import {
  followRevocations,
  longestTransaction,
  usualTransaction,
  type FollowingRevocations,
} from '../domain/follow-revocations.ts';
import { issueDueLists, type ListIssuing } from '../domain/revocation-list.ts';

/** When the contract pool is asked and lists are looked at. */
export interface RevocationSettings {
  /** Hours for which a revocation list is valid; 24 unless given. It is renewed when half of them are over. */
  readonly listHours?: number | undefined;
  /** Milliseconds between looks at what is to be done when nobody says; 5,000 unless given. */
  readonly pollInterval?: number | undefined;
  /** The shortest time between two lists of a CA, in milliseconds; 2,000 unless given. */
  readonly listGap?: number | undefined;
}

/** What revokes and issues the lists, for as long as the service runs. */
export interface RevocationJobs {
  start(): void;
  stop(): Promise<void>;
  /** Has the lists looked at now. */
  readonly lookAtLists: () => void;
}

const hour = 3_600_000;
/** How often requests are looked for that came out of order. */
const lateInterval = 60_000;
/** When to look again after another process was at it. */
const shortPause = 1_000;
const longestPause = 60_000;

/** Events of the contract pool that tell of data that is gone. */
const isRemoval = (type: string) => type === 'OEM_CONTRACT_DELETED' || type.startsWith('MO_PROV_CERT_');

/**
 * Makes the jobs: one follows what the contract pool wants revoked, one issues the revocation lists. Any number may
 * run, in any processes: an advisory lock lets one of each at a time work. Faults are logged and tried again.
 */
export function createRevocationJobs(
  options: Omit<FollowingRevocations & ListIssuing, 'store' | 'logger' | 'onRevoked' | 'validity' | 'gap'> & {
    readonly issued: FollowingRevocations['store'];
    readonly lists: ListIssuing['store'];
    readonly database: Database;
    readonly bus: EventBus;
    readonly logger: Logger;
    readonly settings?: RevocationSettings | undefined;
  },
): RevocationJobs {
  const { database, bus, settings = {} } = options;
  const { listHours = 24, pollInterval = 5_000, listGap = 2_000 } = settings;
  const logger = options.logger.child({ part: 'revocation' });
  // What was revoked soon after a list was issued is due when the gap is over.
  const rest = listGap > 0 ? Math.min(pollInterval, listGap) : pollInterval;
  const issuing = { ...options, store: options.lists, logger, validity: listHours * hour, gap: listGap };

  const lists = createWorkLoop({
    work: async (goesOn) => {
      const done = await asOnlyRunner(database, 'revocation lists', async (stillAlone) => {
        await issueDueLists(issuing, async () => goesOn() && (await stillAlone()));
        return true;
      });
      return done === true ? rest : Math.min(rest, shortPause);
    },
    onFailure: (error) => {
      logger.warn({ err: error }, 'revocation lists could not be issued; trying again');
    },
    onRecovery: () => {
      logger.info('revocation lists are issued again');
    },
    longestPause: Math.min(pollInterval, longestPause),
  });

  const following = { ...options, store: options.issued, logger, onRevoked: lists.wake };
  let lookedForLate = -Infinity;
  const consumer = createConsumer({
    name: 'ccp revocations',
    database,
    follows: 'ccp',
    bus,
    logger,
    pollInterval,
    concerns: isRemoval,
    step: async (goesOn) => {
      const now = performance.now();
      const isLate = now - lookedForLate >= lateInterval;
      await followRevocations(following, isLate ? longestTransaction : usualTransaction, goesOn);
      if (isLate && goesOn()) lookedForLate = now;
      return false;
    },
  });

  return {
    start: () => {
      lists.start();
      consumer.start();
    },
    stop: async () => {
      await consumer.stop();
      await lists.stop();
    },
    lookAtLists: lists.wake,
  };
}
