import { createDatabase } from '@chargegraph/database';
import { appendEvent } from '@chargegraph/events';
import { silentLogger } from '@chargegraph/service';

/** Has the provisioning service tell the operator a digest of a day, in which nothing ends. */
export async function tellDigest(databaseUrl: string, day: string): Promise<void> {
  const database = createDatabase({ url: databaseUrl, schema: 'cps', logger: silentLogger, max: 1 });
  try {
    await database.transaction((tx) =>
      appendEvent(tx, {
        type: 'OPERATOR_EXPIRY_DIGEST',
        occurredAt: new Date(),
        facts: { day, pools: [], missingPools: [], urgent: [] },
      }),
    );
  } finally {
    await database.close();
  }
}
