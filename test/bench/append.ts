/**
 * What appending events costs: transactions a second that append one, over one connection and over sixteen, and whether a
 * transaction that stays open after its append holds up the events of other contracts. On a PostgreSQL of its own with the
 * settings that an installation has, so that each commit waits for the disk (fsync and synchronous_commit on).
 */
import { parseArgs } from 'node:util';
import { createTestDatabase } from '@chargegraph/database/testing';
import pg from 'pg';
import { startOwnPostgres } from '../harness/own-postgres.ts';
import { measureThroughput } from './append/throughput.ts';
import { measureHeld } from './append/held.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    /** A server to measure the throughput on, instead of its own. */
    server: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const say = (text: string) => (values.json ? undefined : process.stdout.write(`${text}\n`));

/** What of a server's settings decides how long a commit takes. */
async function settingsOf(url: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name IN
         ('server_version', 'fsync', 'synchronous_commit', 'wal_sync_method', 'full_page_writes', 'commit_delay')`,
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  } finally {
    await client.end();
  }
}

async function throughput() {
  const postgres = values.server === undefined ? await startOwnPostgres() : undefined;
  const server = postgres?.url ?? values.server ?? '';
  try {
    const settings = await settingsOf(server);
    const database = await createTestDatabase(server);
    try {
      return { settings, ...(await measureThroughput(database.url, rounds)) };
    } finally {
      await database.drop();
    }
  } finally {
    await postgres?.clear();
  }
}

const appended = await throughput();
const ratio = appended.sixteen / appended.one;
const ratioMoved = appended.sixteenMoved / appended.oneMoved;
say(
  `PostgreSQL: ${Object.entries(appended.settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`,
);
const line = (what: string, one: number, sixteen: number) =>
  say(
    `${what}  1 connection ${one.toFixed(0)}/s, 16 connections ${sixteen.toFixed(0)}/s, ratio ${(sixteen / one).toFixed(2)}`,
  );
line('append alone:         ', appended.one, appended.sixteen);
line('with them being moved:', appended.oneMoved, appended.sixteenMoved);

const held = await measureHeld(rounds);
say('');
for (const [what, { quiet, open, ratio: of }] of Object.entries(held)) {
  say(
    `${what}: p99 quiet ${quiet.toFixed(0)} ms, with a transaction open for 5 s ${open.toFixed(0)} ms, ratio ${of.toFixed(2)}`,
  );
}
if (values.json) process.stdout.write(`${JSON.stringify({ ...appended, ratio, ratioMoved, held })}\n`);
process.exit();
