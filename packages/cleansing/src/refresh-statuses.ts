import { isDeepStrictEqual } from 'node:util';
import type { Certificate } from '@chargegraph/pki';
import type { CertificateStatus, IssuedPair } from '@chargegraph/revocation';
import { LRUCache } from 'lru-cache';
import { isFinallyRevoked } from './finally-revoked.ts';
import type { Run, Step } from './run.ts';

/** A certificate that is stored, as it is found. */
export interface StoredLeaf<Place> {
  readonly place: Place;
  /** SHA-256 of its DER octets. */
  readonly fingerprint: string;
  readonly hasEnded: boolean;
  /** The same for what most likely hangs on the same CAs: one of a family is read for these. */
  readonly family: string;
}

/** What is stored with its issuers. Places are JSON. */
export interface StoredChains<Place> {
  /** A stretch behind a place, in order. */
  page(after: Place | undefined, limit: number, now: Date): Promise<readonly StoredLeaf<Place>[]>;
  /**
   * The paths that are stored at these places: each certificate with the one that issued it behind it, as far as known.
   *
   * @returns an error for each place that cannot be read
   */
  read(places: readonly Place[]): Promise<readonly (readonly (readonly Certificate[])[] | Error)[]>;
}

/** What is read and parsed before others have their turn. */
const readAtOnce = 20;

/** CAs that a run remembers to have looked after. */
const rememberedCas = 10_000;

/**
 * Asks CAs for what is not known, or not any more, of the leaves that are stored and of the CAs above them; CRLs before
 * responders. It ends when all was gone through or the time is over, and the next run goes on behind the last page of this.
 * A dry run asks nobody.
 */
export function refreshStatuses<Place>(chains: StoredChains<Place>): Step {
  return async (run) => {
    const { state, pace, clock, revocation, dryRun } = run;
    if (dryRun || revocation.policy === 'off') return;
    const signal = AbortSignal.any([run.signal, AbortSignal.timeout(pace.refreshTime)]);
    const asking = createAsking(run, signal);
    const from = (await state.place()) as Place | undefined;
    let place = from;
    let isAround = from === undefined;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await run.goOn();
      const began = performance.now();
      const leaves = await chains.page(place, pace.pageSize, clock.now());
      await lookAfter(run, chains, leaves, asking, signal);
      // What was not looked after is not passed over.
      if (isOver()) break;
      place = leaves.length < pace.pageSize ? undefined : leaves.at(-1)?.place;
      await state.keepPlace(place);
      await pace.rest(performance.now() - began);
      if (place === undefined && isAround) return;
      if (place === undefined) isAround = true;
      // Once around, pages that were gone through in this run come again from here on.
      else if (isAround && from !== undefined && leaves.some((leaf) => isDeepStrictEqual(leaf.place, from)))
        return;
    }
    run.logger.info('there was no time to ask for all statuses; the next run goes on there');
  };
}

async function lookAfter<Place>(
  run: Run,
  chains: StoredChains<Place>,
  leaves: readonly StoredLeaf<Place>[],
  asking: Asking,
  signal: AbortSignal,
): Promise<void> {
  const held = await stillHolding(
    run,
    leaves.map(({ fingerprint }) => fingerprint),
  );
  const due = leaves.filter(({ fingerprint, hasEnded, family }) => {
    if (hasEnded) return false;
    const isFirst = asking.isNewFamily(family);
    return isFirst || !held.has(fingerprint);
  });
  for (let start = 0; start < due.length && !signal.aborted; start += readAtOnce) {
    const read = await chains.read(due.slice(start, start + readAtOnce).map(({ place }) => place));
    for (const failure of read.filter((each) => each instanceof Error)) {
      run.tally.failures++;
      run.logger.error({ err: failure }, 'a stored certificate cannot be read');
    }
    await asking.about(read.flatMap((paths) => (paths instanceof Error ? [] : paths)));
  }
}

/** Of which of these certificates there is no need to ask. */
async function stillHolding(
  { database, clock }: Run,
  fingerprints: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ fingerprint: string }>(
    `SELECT s.fingerprint FROM certificate_status s
      WHERE s.fingerprint = ANY ($1::text[]) AND (s.valid_until > $2 OR ${isFinallyRevoked('s')})`,
    [fingerprints, clock.now()],
  );
  return new Set(rows.map(({ fingerprint }) => fingerprint));
}

interface Asking {
  /** True once for each family. */
  isNewFamily(family: string): boolean;
  /** Asks about all certificates of paths that were not asked about in this run. */
  about(paths: readonly (readonly Certificate[])[]): Promise<void>;
}

function createAsking({ revocation, pace, tally, startedAt }: Run, signal: AbortSignal): Asking {
  const seen = new LRUCache<string, true>({ max: rememberedCas });
  const isNew = (name: string): boolean => {
    if (seen.get(name) === true) return false;
    seen.set(name, true);
    return true;
  };
  const count = ({ status, checkedAt }: CertificateStatus): void => {
    if (checkedAt < startedAt || status === 'NOT_CHECKED') return;
    tally.refreshed++;
    if (status === 'UNKNOWN') tally.failures++;
  };
  return {
    isNewFamily: (family) => isNew(`family ${family}`),
    about: async (paths) => {
      const pairs = paths.flatMap(pairsOf).filter(({ certificate }) => isNew(certificate.fingerprint));
      const { parallel } = pace;
      const known = await revocation.refresh(pairs, { parallel, signal, inPassing: true });
      for (const status of known.values()) count(status);
    },
  };
}

function pairsOf(path: readonly Certificate[]): IssuedPair[] {
  return path.flatMap((certificate, index) => {
    const issuer = path[index + 1];
    return issuer === undefined ? [] : [{ certificate, issuer }];
  });
}
