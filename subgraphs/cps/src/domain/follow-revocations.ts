import type { Act } from '@chargegraph/audit';
import type { Clock, Logger } from '@chargegraph/service';
import type { IssuedCertificateStore } from './issued-certificate.ts';

/** A contract certificate that the contract pool wants revoked, whoever issued it. */
export interface RevocationRequest {
  /** SHA-256 of the contract certificate. */
  readonly fingerprint: string;
  readonly requestedAt: Date;
}

/** A page of such requests, in the order of asking. */
export interface RequestPage {
  readonly requests: readonly RevocationRequest[];
  /** Where the next page begins; undefined when there is none now. */
  readonly next: string | undefined;
  /** The contract pool's clock before the page was read. */
  readonly readAt: Date;
}

/** The contract pool as following it takes; never within a transaction. */
export interface RevocationSource {
  /** @throws ChargeGraphError UNAVAILABLE when it does not answer */
  requests(since: Date, after: string | undefined): Promise<RequestPage>;
}

/** What following takes. */
export interface FollowingRevocations {
  readonly source: RevocationSource;
  readonly store: Pick<IssuedCertificateStore, 'revoke' | 'place' | 'forget'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** On whose behalf it is recorded, anew for each unit. */
  readonly act: () => Act;
  /** Called once a unit has revoked something. */
  readonly onRevoked: () => void;
}

/**
 * How far back from the last look requests may still appear: a transaction commits after the instant it is asked at, by
 * as much as its statements and the pauses between them may take (30 and 60 seconds each), and the clocks of several
 * processes differ.
 */
export const longestTransaction = 15 * 60_000;

/** As far back as most of them appear: a look so short costs little, and may be had often. */
export const usualTransaction = 5_000;

/**
 * Revokes what the contract pool has asked for since the last look, but for what is not ours. The order of asking is not
 * the order of commits, so a look begins some time before the last one ended; doing something again changes nothing.
 * The place moves in the unit of its revocations: whatever is interrupted is done again.
 *
 * @param overlap how long before the last look this one begins, in milliseconds
 * @param goesOn false when it is to end early
 */
export async function followRevocations(
  following: FollowingRevocations,
  overlap: number,
  goesOn: () => boolean = () => true,
): Promise<void> {
  const { source, store, logger } = following;
  const place = await store.place();
  let since = new Date(place === undefined ? 0 : Math.max(0, place.getTime() - overlap));
  let page = await source.requests(since, undefined);
  if (place !== undefined && page.readAt.getTime() < place.getTime() - longestTransaction) {
    // What is asked for from now on would lie before the place: all of it is looked at again.
    logger.warn({ place, readAt: page.readAt }, 'the clock of the contract pool went back; beginning anew');
    await store.forget();
    since = new Date(0);
    page = await source.requests(since, undefined);
  }
  const { readAt } = page;
  for (;;) {
    await carryOut(following, page, readAt);
    if (page.next === undefined || !goesOn()) return;
    page = await source.requests(since, page.next);
  }
}

async function carryOut(
  { store, clock, act, logger, onRevoked }: FollowingRevocations,
  { requests, next }: RequestPage,
  readAt: Date,
): Promise<void> {
  const now = clock.now();
  const last = requests.at(-1)?.requestedAt ?? readAt;
  // Behind the last page there was nothing when the first one was read; within, up to the page's end.
  const place = next === undefined || last > readAt ? readAt : last;
  const revoked = await store.revoke(
    requests.map(({ fingerprint, requestedAt }) => ({
      fingerprint,
      at: requestedAt < now ? requestedAt : now,
      reason: 'cessationOfOperation' as const,
    })),
    { act: act(), action: 'revokeDeletedContract', now },
    place,
  );
  if (revoked === 0) return;
  logger.info({ revoked }, 'contract certificates were revoked');
  onRevoked();
}
