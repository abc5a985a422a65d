import type { EventStretch, PoolEvent, PoolLog } from '@chargegraph/events';
import type { DigestFacts } from './digest.ts';

/** An event for the operator, as the log holds it. */
export type OperatorEvent = PoolEvent<'OPERATOR_EXPIRY_DIGEST', DigestFacts>;

/** A stretch of the log, in order. */
export type OperatorEventStretch = EventStretch<OperatorEvent>;

/** The service's log, read. */
export type OperatorLog = PoolLog<OperatorEvent>;
