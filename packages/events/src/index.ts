export { createInProcessBus, type EventBus, type Unsubscribe } from './bus.ts';
export { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts';
export { moveConsumerCursor, readConsumerCursor } from './consumer-cursor.ts';
export {
  consumerLeaseMs,
  consumerTopic,
  parseNotice,
  serialiseNotice,
  type ConsumerNotice,
  type LeaseLoss,
} from './consumer-notice.ts';
export { checkCursor, decodeCursor, encodeCursor, type Cursor, type CursorBounds } from './cursor.ts';
export {
  logTopic,
  wakeTopic,
  type JsonObject,
  type JsonValue,
  type LoggedEvent,
  type LogPage,
  type LogPosition,
} from './event.ts';
export { eventTablesPath, logReadersPath, logTimesPath, readEventTables } from './event-tables.ts';
export { renewLog } from './incarnation.ts';
export { mostPerRead, readEvent, readHead, readLog, type LogHead, type LogReader } from './log.ts';
export { createRetention, pruneLog, type PruneOptions, type Pruning } from './retention.ts';
export { appendEvent, insertEvents, type EventTransaction, type NewEvent } from './outbox.ts';
export { createPoolLog, type EventStretch, type PoolEvent, type PoolLog } from './pool-log.ts';
export { createRedisBus, type RedisBus, type RedisBusOptions } from './redis-bus.ts';
export { keepSubscribed } from './retrying.ts';
export { replayThenLive, type LogFollower, type LogMarker, type ReplayOptions } from './replay.ts';
export { createSequencer, type Sequencer, type SequencerOptions } from './sequencer.ts';
export { createTail, type ReadLog, type Tail, type TailOptions } from './tail.ts';
