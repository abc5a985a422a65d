import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createDatabase, migrate } from '@chargegraph/database';
import { createTestDatabase } from '@chargegraph/database/testing';
import { ManualClock, silentLogger } from '@chargegraph/service';
import { identityMigrations } from '../migrations.ts';
import { createClients } from './clients.ts';

it('organisations that differ in case or space only become one when a database is brought up to date', async () => {
  const postgres = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'chargegraph-migrations-'));
  const database = createDatabase({ url: postgres.url, schema: 'identity', logger: silentLogger });
  const target = { url: postgres.url, schema: 'identity', logger: silentLogger };
  try {
    for (const name of ['20261101000000_clients', '20261121000000_audit_tables']) {
      await cp(join(identityMigrations, name), join(folder, name), { recursive: true });
    }
    await migrate({ ...target, folder });
    await database.execute(`INSERT INTO client (client_id, name, organisation, roles, secret_hash, created_at) VALUES
      ('late', 'x', 'ÄPFEL ', '{OEM}', '', '2026-02-02'), ('first', 'x', ' Äpfel', '{OEM}', '', '2026-02-01'),
      ('other', 'x', 'Birnen', '{OEM}', '', '2026-02-01')`);
    await database.execute(`INSERT INTO organisation_identifier VALUES
      ('WMI', 'WVW', 'ÄPFEL '), ('WMI', 'WAU', ' Äpfel'), ('WMI', 'OLD', 'Nobody''s')`);
    await database.execute(
      `INSERT INTO client_identifier VALUES ('late', 'WMI', 'WVW'), ('first', 'WMI', 'WAU')`,
    );

    await migrate({ ...target, folder: identityMigrations });
    const clients = createClients({ database, clock: new ManualClock(new Date('2026-03-01T00:00:00Z')) });
    const operator = clients.as({ clientId: 'test', organisation: 'test', traceId: 'test' });
    expect(await clients.get('late')).toMatchObject({ organisation: 'Äpfel' });
    expect(await clients.get('first')).toMatchObject({ organisation: 'Äpfel' });
    expect(await operator.update('first', { wmis: ['WAU', 'WVW'] })).toMatchObject({ wmis: ['WAU', 'WVW'] });
    await expect(operator.update('other', { wmis: ['WVW'] })).rejects.toMatchObject({ code: 'CONFLICT' });
    const added = await operator.add({ name: 'x', organisation: 'äpfel', roles: ['OEM'] });
    expect(added.client.organisation).toBe('Äpfel');
    // Nobody has it.
    expect(await operator.update('other', { wmis: ['OLD'] })).toMatchObject({ wmis: ['OLD'] });
  } finally {
    await database.close();
    await postgres.drop();
    await rm(folder, { recursive: true });
  }
});
