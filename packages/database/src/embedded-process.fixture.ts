// A process that runs an embedded PostgreSQL and is then treated badly by a test: it answers each Ctrl-C with
// whether the database still works.
import { createLogger } from '@chargegraph/service';
import { createDatabase, startEmbeddedPostgres } from './index.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('No folder was given.');
const logger = createLogger({ level: 'silent', name: 'fixture' });
const postgres = await startEmbeddedPostgres({ folder, logger });
const database = createDatabase({ url: postgres.url, schema: 'public', logger });
await database.execute('CREATE TABLE IF NOT EXISTS kept (word text)');
await database.execute("INSERT INTO kept VALUES ('committed')");
process.on('SIGINT', () => {
  database.query('SELECT FROM kept').then(
    () => process.stdout.write('still there\n'),
    () => process.stdout.write('gone\n'),
  );
});
setInterval(() => undefined, 1_000);
process.stdout.write('ready\n');
