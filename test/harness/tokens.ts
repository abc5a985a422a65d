import { createDatabase } from '@chargegraph/database';
import { openIssuer, type Client } from '@chargegraph/identity';
import { readOrMakeSecrets } from '@chargegraph/cli';
import { silentLogger, systemClock } from '@chargegraph/service';
import type { TestEcosystem } from './ecosystem.ts';

/**
 * An access token signed with the ecosystem's own key, but with a lifetime (in seconds; negative for one that has
 * ended) or issuer of the test's choice.
 */
export async function issueToken(
  world: TestEcosystem,
  client: Client,
  { lifetime, issuer = world.url }: { readonly lifetime: number; readonly issuer?: string },
): Promise<string> {
  const secrets = await readOrMakeSecrets(world.dataFolder);
  const database = createDatabase({
    url: world.databaseUrl,
    schema: 'identity',
    logger: silentLogger,
    max: 1,
  });
  try {
    const tokens = await openIssuer({
      database,
      clock: systemClock,
      masterKey: Buffer.from(secrets.masterKey, 'base64'),
      issuer,
      tokenLifetime: lifetime,
    });
    return (await tokens.issue(client)).accessToken;
  } finally {
    await database.close();
  }
}

/** A client as the ecosystem knows it. */
export async function clientNamed(world: TestEcosystem, clientId: string): Promise<Client> {
  const client = await world.running().clients.find(clientId);
  if (client === undefined) throw new Error(`There is no client ${clientId}.`);
  return client;
}
