export { systemClock, ManualClock, type Clock } from './clock.ts';
export { ConfigurationError, parseConfig } from './config.ts';
export {
  ChargeGraphError,
  errorCodes,
  isExpectedRefusal,
  type ErrorCode,
  type ErrorDetails,
} from './errors.ts';
export { createLogger, silentLogger, type Logger, type LoggerOptions } from './logger.ts';
export { openHealthPort, type HealthCheck, type HealthServer } from './health.ts';
export { stopOnSignals } from './shutdown.ts';
export { backoff, createWorkLoop, type WorkLoop, type WorkLoopOptions } from './work-loop.ts';
