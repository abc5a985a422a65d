import { randomUUID } from 'node:crypto';
import {
  consumerLeaseMs,
  consumerTopic,
  decodeCursor,
  keepSubscribed,
  parseNotice,
  type ConsumerNotice,
  type EventBus,
  type LeaseLoss,
  type LogPosition,
} from '@chargegraph/events';
import type { Caller } from '@chargegraph/identity';
import { createWorkLoop, type Logger } from '@chargegraph/service';
import type { PoolSource } from '../graph/executor.ts';
import { createLeaseCalls } from './lease-calls.ts';

/** Why a subscription has a consumer no more; `RAN_OUT`: it could not be renewed for as long as it lasts. */
export type LossOfLease = LeaseLoss | 'RAN_OUT';

/** A named consumer in the hands of one subscription. */
export interface ConsumerLease {
  /** Behind which to begin. */
  readonly begin: LogPosition;
  /** Whether nothing speaks against telling an event now. */
  isHeld(): boolean;
  /** Calls `listener` when it is lost, at once if it is already. Not called for one that was given back. */
  onLost(listener: (why: LossOfLease) => void): void;
  /** Gives it back, without waiting. Further calls do nothing. */
  release(): void;
}

/** What a subscription asks for. */
export interface LeaseRequest {
  readonly caller: Caller;
  readonly consumer: string;
  readonly after?: string | null | undefined;
  readonly fromBeginning: boolean;
}

/** The named consumers that subscriptions of this gateway have. */
export interface ConsumerLeases {
  /**
   * Takes a consumer for a subscription, whoever has it.
   *
   * @throws ChargeGraphError BAD_INPUT, CONFLICT, CURSOR_INVALID, CURSOR_EXPIRED or UNAVAILABLE
   */
  take(request: LeaseRequest): Promise<ConsumerLease>;
  /** Begins to renew and to hear of losses. */
  start(): void;
  /** Ends, once what is being given back is. */
  stop(): Promise<void>;
}

const renewIntervalMs = 10_000;
/** The longest pause before another try to renew. */
const longestPauseMs = 2_000;
/** Leases of one call. */
const renewedAtOnce = 500;

interface Held {
  readonly clientId: string;
  readonly consumer: string;
  readonly holder: string;
  /** Undefined while it is being asked for. */
  fencing: number | undefined;
  /** The newest notice that came meanwhile. */
  early: ConsumerNotice | undefined;
  /** By {@link performance.now}. */
  validUntil: number;
  timer: NodeJS.Timeout | undefined;
  lost: LossOfLease | undefined;
  released: boolean;
  tell: ((why: LossOfLease) => void) | undefined;
}

/** Takes and renews leases at a pool. Times are measured from before a call, so that they end here before they do there. */
export function createConsumerLeases(options: {
  readonly pool: PoolSource;
  readonly bus: EventBus;
  readonly logger: Logger;
}): ConsumerLeases {
  const { pool, bus } = options;
  const logger = options.logger.child({ part: 'consumer leases', pool: pool.name });
  const calls = createLeaseCalls(pool);
  const held = new Set<Held>();
  const releasing = new Set<Promise<void>>();
  let unsubscribe: (() => Promise<void>) | undefined;

  function lose(lease: Held, why: LossOfLease): void {
    if (lease.lost !== undefined || lease.released) return;
    lease.lost = why;
    forget(lease);
    lease.tell?.(why);
  }

  function forget(lease: Held): void {
    held.delete(lease);
    clearTimeout(lease.timer);
  }

  /** It holds from `askedAt` on. */
  function extend(lease: Held, askedAt: number): void {
    lease.validUntil = askedAt + consumerLeaseMs;
    clearTimeout(lease.timer);
    lease.timer = setTimeout(
      () => {
        lose(lease, 'RAN_OUT');
      },
      Math.max(0, lease.validUntil - performance.now()),
    ).unref();
  }

  function hear(message: string): void {
    const notice = parseNotice(message);
    if (notice === undefined) return;
    for (const lease of held) {
      if (lease.clientId !== notice.clientId || lease.consumer !== notice.consumer) continue;
      if (lease.fencing === undefined) {
        if (notice.fencing > (lease.early?.fencing ?? 0)) lease.early = notice;
      } else if (notice.fencing > lease.fencing) {
        lose(lease, notice.why);
      }
    }
  }

  async function renewAll(): Promise<number> {
    const leases = [...held].flatMap((lease) => (lease.fencing === undefined ? [] : [lease]));
    for (let from = 0; from < leases.length; from += renewedAtOnce) {
      const batch = leases.slice(from, from + renewedAtOnce);
      const askedAt = performance.now();
      const states = await calls.renew(
        batch.map(({ clientId, consumer, holder, fencing }) => ({
          clientId,
          consumer,
          holder,
          fencing: String(fencing),
        })),
      );
      for (const [index, lease] of batch.entries()) {
        const state = states[index];
        if (state === undefined || lease.lost !== undefined || lease.released) continue;
        if (state === 'HELD') extend(lease, askedAt);
        else lose(lease, state);
      }
    }
    return renewIntervalMs;
  }

  const renewing = createWorkLoop({
    work: renewAll,
    onFailure: (error) => {
      logger.warn({ err: error }, 'leases of consumers cannot be renewed; trying again');
    },
    onRecovery: () => {
      logger.info('leases of consumers are renewed again');
    },
    longestPause: longestPauseMs,
  });

  function release(lease: Held): void {
    if (lease.released || lease.lost !== undefined || lease.fencing === undefined) return;
    lease.released = true;
    forget(lease);
    const { clientId, consumer, holder, fencing } = lease;
    const call = calls
      .release({ clientId, consumer, holder, fencing: String(fencing) })
      .catch((error: unknown) => {
        // It ends by itself.
        logger.debug({ err: error }, 'a lease of a consumer could not be given back');
      })
      .finally(() => releasing.delete(call));
    releasing.add(call);
  }

  return {
    async take({ caller, consumer, after, fromBeginning }) {
      const { clientId, organisation } = caller;
      const holder = randomUUID();
      const askedAt = performance.now();
      const lease: Held = {
        clientId,
        consumer,
        holder,
        fencing: undefined,
        early: undefined,
        validUntil: askedAt + consumerLeaseMs,
        timer: undefined,
        lost: undefined,
        released: false,
        tell: undefined,
      };
      held.add(lease);
      let begin: LogPosition;
      try {
        const answer = await calls.lease({
          clientId,
          organisation,
          wmis: caller.roles.has('OEM') ? [...caller.wmis] : [],
          consumer,
          holder,
          after: after ?? null,
          fromBeginning,
        });
        lease.fencing = Number(answer.fencing);
        begin = decodeCursor(answer.cursor);
      } catch (error) {
        forget(lease);
        throw error;
      }
      extend(lease, askedAt);
      if (lease.early !== undefined && lease.early.fencing > lease.fencing) lose(lease, lease.early.why);
      return {
        begin: { logId: begin.logId, position: begin.position },
        isHeld: () => lease.lost === undefined && !lease.released && performance.now() < lease.validUntil,
        onLost: (listener) => {
          lease.tell = listener;
          if (lease.lost !== undefined) listener(lease.lost);
        },
        release: () => {
          release(lease);
        },
      };
    },

    start: () => {
      // What was missed on the bus shows at the renewal.
      unsubscribe ??= keepSubscribed(bus, consumerTopic(pool.name), hear, renewing.wake, logger);
      renewing.start();
    },

    async stop() {
      await unsubscribe?.();
      await renewing.stop();
      for (const lease of [...held]) release(lease);
      await Promise.all(releasing);
    },
  };
}
