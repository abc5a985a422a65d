import type { EventStretch, PoolEvent, PoolLog } from '@chargegraph/events';
import type { RootType } from './root-certificates.ts';

/** The types of events in RCP's log. */
export type RootEventType =
  'ROOT_CERT_ADDED' | 'ROOT_CERT_EXPIRED' | 'ROOT_CERT_REVOKED' | 'ROOT_CERT_REMOVED';

/** What an event tells, as of its moment. */
export interface RootFacts {
  readonly fingerprint: string;
  readonly type: RootType;
  /** RFC 4514. */
  readonly subject: string;
  /** RFC 3339. */
  readonly notAfter: string;
  /** Why the root left, where that is told. */
  readonly reason?: string;
}

/** An event as the log holds it. */
export type RootEvent = PoolEvent<RootEventType, RootFacts>;

/** A stretch of the log, in order. */
export type RootEventStretch = EventStretch<RootEvent>;

/** The pool's log, read. */
export type RootLog = PoolLog<RootEvent>;
