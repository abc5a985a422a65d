import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, migrate, type Database } from '@chargegraph/database';
import { createTestDatabase, type TestDatabase } from '@chargegraph/database/testing';
import { silentLogger, systemClock } from '@chargegraph/service';
import { createAuthenticator } from '../authenticator.ts';
import { openIssuer, type TokenIssuer } from '../issuer.ts';
import { identityMigrations } from '../migrations.ts';
import type { Clients } from './client.ts';
import { createClients } from './clients.ts';

describe('when the database of the clients hangs', () => {
  let postgres: TestDatabase;
  let database: Database;
  let other: Database;
  let clients: Clients;
  let issuer: TokenIssuer;

  beforeAll(async () => {
    postgres = await createTestDatabase();
    const target = { url: postgres.url, schema: 'identity', logger: silentLogger };
    await migrate({ ...target, folder: identityMigrations });
    database = createDatabase({ ...target, statementTimeout: 300 });
    other = createDatabase(target);
    clients = createClients({ database, clock: systemClock });
    issuer = await openIssuer({
      database,
      clock: systemClock,
      masterKey: Buffer.alloc(32, 1),
      issuer: 'http://test',
      tokenLifetime: 60,
    });
  });
  afterAll(async () => {
    await database.close();
    await other.close();
    await postgres.drop();
  });

  const whileHung = (work: () => Promise<void>) =>
    other.transaction(async (tx) => {
      await tx.execute('LOCK TABLE client, signing_key IN ACCESS EXCLUSIVE MODE');
      await work();
    });
  const unavailable = {
    code: 'UNAVAILABLE',
    message: 'It cannot be checked at the moment who calls; try again.',
  };

  it('nobody can be told who calls: that is said, and over when the database is back', async () => {
    const { client } = await clients
      .as({ clientId: 'test', organisation: 'test', traceId: 'test' })
      .add({ clientId: 'cpo', name: 'x', organisation: 'x', roles: ['CPO'] });
    const found = await clients.find(client.clientId);
    if (found === undefined) throw new Error('The client is not there.');
    const { accessToken } = await issuer.issue(found);
    const authenticator = createAuthenticator({ issuer, clients, clock: systemClock });
    const ask = () => authenticator.authenticate(`Bearer ${accessToken}`);
    await whileHung(async () => {
      await expect(ask()).rejects.toMatchObject(unavailable);
      await expect(clients.authenticate('cpo', 'secret')).rejects.toMatchObject(unavailable);
    });
    expect(await ask()).toMatchObject({ caller: { clientId: 'cpo' } });
  });

  it('a token of a key that was not read yet is not called wrong', async () => {
    const elsewhere = await createTestDatabase();
    const target = { url: elsewhere.url, schema: 'identity', logger: silentLogger };
    await migrate({ ...target, folder: identityMigrations });
    const theirs = createDatabase(target);
    const options = {
      clock: systemClock,
      masterKey: Buffer.alloc(32, 1),
      issuer: 'http://test',
      tokenLifetime: 60,
    };
    try {
      const stranger = await openIssuer({ ...options, database: theirs });
      const caller = {
        clientId: 'cpo',
        organisation: 'x',
        roles: new Set(['CPO'] as const),
        wmis: new Set<string>(),
        providerIds: new Set<string>(),
      };
      const { accessToken } = await stranger.issue({ clientId: 'cpo', name: 'x', caller });
      await whileHung(async () => {
        await expect(issuer.verify(accessToken)).rejects.toMatchObject(unavailable);
      });
    } finally {
      await theirs.close();
      await elsewhere.drop();
    }
  });
});
