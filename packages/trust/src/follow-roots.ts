import type { LogPosition } from '@chargegraph/events';
import { ChargeGraphError, type Logger } from '@chargegraph/service';
import type { TrustedRoot } from './root-set.ts';

/** A change of RCP's roots, as its log tells it. */
export interface RootEvent {
  readonly position: LogPosition;
  readonly type: string;
  readonly fingerprint: string;
}

/** RCP as its followers ask it; never within a transaction. */
export interface RootPool {
  /**
   * A stretch of its log: the events behind a position, or the first ones that are kept.
   *
   * @throws ChargeGraphError CURSOR_INVALID or CURSOR_EXPIRED when it cannot be continued from there
   */
  events(
    after: LogPosition | undefined,
    first: number,
  ): Promise<{ readonly events: readonly RootEvent[]; readonly head: LogPosition }>;
  /** Those of up to 100 roots that it holds now. */
  find(fingerprints: readonly string[]): Promise<readonly TrustedRoot[]>;
  /** All that it holds. */
  all(): Promise<readonly TrustedRoot[]>;
}

/** The following of RCP's log within one unit. */
export interface RootTransaction {
  /** See `moveConsumerCursor`. */
  moveCursor(from: LogPosition | undefined, to: LogPosition): Promise<boolean>;
  /** Stores a root, or what it is a root of now. */
  keep(root: TrustedRoot): Promise<void>;
  remove(fingerprint: string): Promise<void>;
  /** Has the table hold these roots and no others. */
  replace(roots: readonly TrustedRoot[]): Promise<void>;
}

/** Where a pool keeps RCP's roots and how far it has followed. */
export interface RootStore {
  /** The cursor, the database's time, and as of when the log was last followed to its end. */
  begin(): Promise<{
    readonly cursor: LogPosition | undefined;
    readonly now: Date;
    readonly followedAt: Date | undefined;
  }>;
  /** Notes that the log was followed to its end as of a moment. */
  followed(at: Date): Promise<void>;
  /** Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict. */
  transaction<T>(work: (tx: RootTransaction) => Promise<T>): Promise<T>;
}

/** What following takes. */
export interface RootFollowing {
  readonly rcp: RootPool;
  readonly store: RootStore;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Called after each commit that moved the cursor, with where it is now. */
  readonly onMove: (to: LogPosition) => void;
  /** Events of one read, at most 100, which is that many unless given. */
  readonly stretch?: number;
}

/** The events with which a root leaves RCP. */
const leaving: ReadonlySet<string> = new Set(['ROOT_CERT_EXPIRED', 'ROOT_CERT_REVOKED', 'ROOT_CERT_REMOVED']);
const adding = 'ROOT_CERT_ADDED';

/** Milliseconds for which it is good enough that the log was followed to its end: it is not noted more often. */
const noteInterval = 1_000;

/**
 * Carries out the next stretch of RCP's log, each event in a unit of its own in which the cursor moves behind it.
 * Whatever is interrupted is done again from the cursor; what was done is not done again. A log that cannot be
 * continued from the cursor, or that was never read, is made up for by reading all roots.
 *
 * @returns whether more may follow at once
 */
export async function followRoots(following: RootFollowing): Promise<boolean> {
  const { rcp, store, onMove, stretch = 100 } = following;
  // The database's time is taken before the log is read: what happens later is not in what was read.
  const { cursor: from, now, followedAt } = await store.begin();
  if (from === undefined) return readAll(following, undefined);
  let events: readonly RootEvent[];
  try {
    ({ events } = await rcp.events(from, stretch));
  } catch (error) {
    if (!isCursorRefusal(error)) throw error;
    following.logger.warn(
      { err: error },
      'the log of root certificates cannot be continued; reading all roots',
    );
    return readAll(following, from);
  }
  const added = await addedRoots(rcp, events);
  let at = from;
  for (const { type, fingerprint, position } of events) {
    const mine = await store.transaction(async (tx) => {
      if (!(await tx.moveCursor(at, position))) return false;
      const root = type === adding ? added.get(fingerprint) : undefined;
      if (root !== undefined) await tx.keep(root);
      if (leaving.has(type)) await tx.remove(fingerprint);
      return true;
    });
    // Somebody else was there: from where they are now.
    if (!mine) return true;
    onMove(position);
    at = position;
  }
  if (events.length === stretch) return true;
  const age = followedAt === undefined ? Infinity : Math.abs(now.getTime() - followedAt.getTime());
  if (events.length > 0 || age >= noteInterval) await store.followed(now);
  return false;
}

/**
 * The added roots as RCP holds them now. One that is gone again is not among them: the log tells of that further on,
 * as it does of what it may have become a root of since.
 */
async function addedRoots(
  rcp: RootPool,
  events: readonly RootEvent[],
): Promise<ReadonlyMap<string, TrustedRoot>> {
  const fingerprints = new Set(
    events.filter(({ type }) => type === adding).map((event) => event.fingerprint),
  );
  const found = fingerprints.size === 0 ? [] : await rcp.find([...fingerprints]);
  return new Map(found.map((root) => [root.certificate.fingerprint, root]));
}

/**
 * Makes up for a log that cannot be followed: reads where it ends now, then all roots, has the table hold exactly
 * those, and goes on from that end. What happens after it is told by the log.
 */
async function readAll(
  { rcp, store, logger, onMove }: RootFollowing,
  from: LogPosition | undefined,
): Promise<true> {
  const { head } = await rcp.events(undefined, 1);
  const roots = await rcp.all();
  const mine = await store.transaction(async (tx) => {
    if (!(await tx.moveCursor(from, head))) return false;
    await tx.replace(roots);
    return true;
  });
  if (mine) {
    onMove(head);
    logger.info({ roots: roots.length }, 'read all roots of the root certificate pool');
  }
  return true;
}

function isCursorRefusal(error: unknown): boolean {
  return (
    error instanceof ChargeGraphError && (error.code === 'CURSOR_INVALID' || error.code === 'CURSOR_EXPIRED')
  );
}
