export { createInProcessBus, type EventBus, type Unsubscribe } from './bus.ts';
export { createConsumer, type Consumer, type ConsumerOptions } from './consumer.ts';
export { moveConsumerCursor, readConsumerCursor } from './consumer-cursor.ts';
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
export { eventTablesPath, readEventTables } from './event-tables.ts';
export { mostPerRead, readEvent, readHead, readLog, type LogHead, type LogReader } from './log.ts';
export { appendEvent, type EventTransaction, type NewEvent } from './outbox.ts';
export { replayThenLive, type ReplayOptions } from './replay.ts';
export { createSequencer, type Sequencer, type SequencerOptions } from './sequencer.ts';
export { createTail, type ReadLog, type Tail, type TailOptions } from './tail.ts';
