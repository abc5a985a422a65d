import type { Logger } from './logger.ts';

/** How long a process may take to finish what runs, in milliseconds, before it is ended. */
const graceMs = 20_000;

/**
 * A terminal sends Ctrl-C to every process of the group, and npm and its like forward it once more: what arrives
 * within this time of the first signal, in milliseconds, is the same wish.
 */
const sameWishMs = 2_000;

/**
 * On SIGINT, SIGTERM, SIGHUP or an error that nobody caught, runs `stop` once and ends the process: exit code 0 after
 * a signal, 1 after an error or when stopping fails or takes too long. A further signal, later, ends it at once.
 */
export function stopOnSignals(stop: () => Promise<void>, logger: Logger): void {
  let stoppingSince: number | undefined;
  let exitCode = 0;

  const end = (): void => {
    if (stoppingSince !== undefined) return;
    stoppingSince = Date.now();
    setTimeout(() => {
      logger.fatal('stopping took too long');
      process.exit(1);
    }, graceMs).unref();
    new Promise<void>((resolve) => {
      resolve(stop());
    }).then(
      () => {
        logger.info('stopped');
        process.exit(exitCode);
      },
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSince === undefined) logger.info({ signal }, 'stopping');
      else if (Date.now() - stoppingSince > sameWishMs) process.exit(1);
      end();
    });
  }
  const onFault = (error: unknown): void => {
    logger.fatal({ err: error }, 'an error that nobody caught ends the process');
    exitCode = 1;
    end();
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
}
