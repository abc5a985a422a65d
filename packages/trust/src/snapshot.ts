import type { LogPosition } from '@chargegraph/events';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { createRootSet, type RootSet, type RootType } from './root-set.ts';

/** The table of the trusted roots, read. */
export interface RootTable {
  state(): Promise<TableState>;
  /** The roots with the state they are of. */
  read(): Promise<
    TableState & {
      /** Up to where RCP's log was followed. */
      readonly position: LogPosition | undefined;
      readonly roots: readonly { readonly type: RootType; readonly der: Uint8Array }[];
    }
  >;
}

/** How the table stands. */
export interface TableState {
  /** Another one whenever the roots may have changed. */
  readonly revision: string;
  /** Milliseconds since the log was last followed to its end, by the database's time; undefined: never. */
  readonly age: number | undefined;
}

/** RCP's roots in memory, for as long as they are known to be those that it holds. */
export interface RootSnapshot {
  /** The roots; undefined when they are not known well enough, so that RCP has to be asked. */
  live(): Promise<RootSet | undefined>;
  /**
   * Says that RCP's roots have changed, or may have: what is held, or being read, counts no more unless it is of this
   * position or a later one, or the log was followed to its end since.
   */
  readonly drop: (position: LogPosition | undefined) => void;
}

/** Milliseconds; see {@link createRootSnapshot}. */
export const liveFor = 5_000;
/** Milliseconds after which it is looked whether other processes have changed the table. */
export const recheckAfter = 1_000;
/** Milliseconds for which a table that is not live is not looked at again. */
const restAfterFailure = 250;

/**
 * Makes a snapshot of the table, read when it is first asked for. It is used while the log was followed to its end
 * within the last {@link liveFor} milliseconds, by whichever process, and looks at the table once in
 * {@link recheckAfter}. Each certificate is parsed once.
 *
 * @param now milliseconds of a clock that is never set, as `performance.now()`
 */
export function createRootSnapshot(table: RootTable, now: () => number): RootSnapshot {
  let held: { readonly revision: string; readonly roots: RootSet } | undefined;
  let certificates = new Map<string, Certificate>();
  /** As of when the table was last looked at, and the log last followed to its end: never later than it was. */
  let checkedAt = -Infinity;
  let followedAt = -Infinity;
  let dropped: { readonly at: number; readonly position: LogPosition | undefined } | undefined;
  let filling: Promise<void> | undefined;

  function isReached({ position }: RootSet): boolean {
    if (dropped === undefined || followedAt > dropped.at) return true;
    return (
      dropped.position !== undefined &&
      position?.logId === dropped.position.logId &&
      position.position >= dropped.position.position
    );
  }

  function usable(): RootSet | undefined {
    if (held === undefined || now() - followedAt >= liveFor) return undefined;
    return isReached(held.roots) ? held.roots : undefined;
  }

  async function fill(): Promise<void> {
    const begun = now();
    const state = held === undefined ? undefined : await table.state();
    if (held === undefined || state?.revision !== held.revision) {
      const { revision, age, position, roots } = await table.read();
      const parsed = roots.map(({ type, der }) => ({ type, certificate: parsedOnce(der) }));
      certificates = new Map(parsed.map(({ certificate }) => [keyOf(certificate.der), certificate]));
      held = { revision, roots: createRootSet(parsed, position) };
      followedAt = begun - ageOf(age);
    } else {
      followedAt = begun - ageOf(state.age);
    }
    // What was read before a drop is no look at what followed from it.
    checkedAt = dropped !== undefined && dropped.at >= begun ? -Infinity : begun;
  }

  const keyOf = (der: Uint8Array) => Buffer.from(der).toString('latin1');
  const parsedOnce = (der: Uint8Array) => certificates.get(keyOf(der)) ?? parseCertificate(der);

  return {
    async live() {
      const known = usable();
      const since = now() - checkedAt;
      if (since < (known === undefined ? restAfterFailure : recheckAfter)) return known;
      await (filling ??= fill().finally(() => {
        filling = undefined;
      }));
      return usable();
    },

    drop(position) {
      const before = dropped?.position;
      const isOlder =
        before !== undefined && before.logId === position?.logId && position.position < before.position;
      dropped = { at: now(), position: isOlder ? before : position };
      checkedAt = -Infinity;
    },
  };
}

/** A time of the database that lies ahead is one from before its clock was set back: as old as it is far. */
const ageOf = (age: number | undefined): number => (age === undefined ? Infinity : Math.abs(age));
