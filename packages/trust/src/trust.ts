import { performance } from 'node:perf_hooks';
import type { Database } from '@chargegraph/database';
import { createConsumer, type EventBus } from '@chargegraph/events';
import type { GraphClient, RequestContext, StandalonePool } from '@chargegraph/graph';
import type { Logger } from '@chargegraph/service';
import { followRoots } from './follow-roots.ts';
import { createRootPool, rootPoolName } from './root-pool.ts';
import { createRootSet, type RootSet } from './root-set.ts';
import { consumerName, createRootStore } from './root-store.ts';
import { createRootSnapshot } from './snapshot.ts';

/** RCP's roots for one operation. */
export interface TrustedRoots {
  /**
   * The roots, throughout the operation the same: as they are known while RCP's log is followed, else as RCP says when
   * it is asked, once.
   *
   * @throws ChargeGraphError UNAVAILABLE when RCP had to be asked and does not answer
   */
  current(): Promise<RootSet>;
  /** The roots as they are known; undefined when RCP would have to be asked. */
  known(): Promise<RootSet | undefined>;
  /**
   * The roots as RCP says, asked once in the operation; {@link current} ones from then on.
   *
   * @throws ChargeGraphError UNAVAILABLE when it does not answer
   */
  fresh(): Promise<RootSet>;
}

/** What a pool knows of RCP's roots. */
export interface Trust {
  /** Begins to follow RCP's log; waits for nobody. Until then RCP is asked in each operation. */
  start(): void;
  stop(): Promise<void>;
  /** The roots for one operation. */
  within(request: RequestContext): TrustedRoots;
}

/** What it is given. */
export interface TrustDeps {
  /** The pool that follows. */
  readonly pool: StandalonePool;
  /** Its database, with the tables of `trust-tables.sql` and the event tables. */
  readonly database: Database;
  /** How it asks RCP. */
  readonly graph: GraphClient;
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Milliseconds between looks at RCP's log when the bus is silent; 500 unless given. */
  readonly pollInterval?: number | undefined;
}

/** Follows RCP's log in a pool. Any number of processes may do so for the same pool: one at a time works. */
export function createTrust({ pool, database, graph, bus, logger, pollInterval }: TrustDeps): Trust {
  const store = createRootStore(database);
  const snapshot = createRootSnapshot(store, () => performance.now());
  const following = { rcp: createRootPool(graph, pool), store, logger, onMove: snapshot.drop };
  const consumer = createConsumer({
    name: consumerName,
    database,
    follows: rootPoolName,
    bus,
    logger,
    pollInterval,
    onEvent: snapshot.drop,
    step: () => followRoots(following),
  });
  let isFollowing = false;

  return {
    start: () => {
      isFollowing = true;
      consumer.start();
    },
    stop: async () => {
      isFollowing = false;
      await consumer.stop();
    },
    within: (request) => {
      let asked: Promise<RootSet> | undefined;
      let current: Promise<RootSet> | undefined;
      const fresh = () =>
        (asked ??= createRootPool(graph, pool, request)
          .all()
          .then((roots) => createRootSet(roots)));
      const known = async () => (isFollowing ? await snapshot.live() : undefined);
      return {
        fresh: () => (current = fresh()),
        known,
        current: () => (current ??= known().then((roots) => roots ?? fresh())),
      };
    },
  };
}
