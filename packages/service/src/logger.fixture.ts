// A process that logs what stands as JSON in its argument, once for the root logger and once for a part's.
import { createLogger } from './logger.ts';

const [, , fields = '{}', pretty] = process.argv;
const logger = createLogger({ level: 'info', name: 'fixture', pretty: pretty === 'pretty' });
logger.debug('below the level');
logger.info(JSON.parse(fields), 'said');
logger.child({ part: 'child' }).info(JSON.parse(fields), 'said by a part');
