import { pino, type Logger as PinoLogger } from 'pino';

/** A structured logger (pino). Fields named like secrets are redacted wherever they stand, two levels deep. */
export type Logger = PinoLogger;

const secretFields = [
  'authorization',
  'password',
  'secret',
  'clientSecret',
  'client_secret',
  'access_token',
  'token',
  'privateKey',
  'passphrase',
];

/** How a process logs. */
export interface LoggerOptions {
  /** pino's level names; `silent` for none. */
  readonly level: string;
  /** The process or part that speaks, e.g. `gateway`. */
  readonly name: string;
  /** Human-readable lines instead of JSON, for a terminal. */
  readonly pretty?: boolean;
}

/**
 * Makes the root logger of a process; parts derive theirs with `logger.child({ part })`. It writes to stderr, since
 * stdout is for what a command answers.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
  };
  if (options.pretty !== true) return pino(settings, pino.destination(2));
  return pino({
    ...settings,
    transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', destination: 2 } },
  });
}

/** A logger that says nothing, for unit tests. */
export const silentLogger: Logger = pino({ level: 'silent' });
