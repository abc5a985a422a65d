import { ccpMigrations } from '@chargegraph/ccp';
import { cpsMigrations } from '@chargegraph/cps';
import { migrate } from '@chargegraph/database';
import { identityMigrations } from '@chargegraph/identity';
import { pcpMigrations } from '@chargegraph/pcp';
import { rcpMigrations } from '@chargegraph/rcp';
import type { Logger } from '@chargegraph/service';

const folders = {
  identity: identityMigrations,
  rcp: rcpMigrations,
  pcp: pcpMigrations,
  ccp: ccpMigrations,
  cps: cpsMigrations,
} as const;

/** The schemas with their migrations: the pools and `identity`. */
export const schemas: readonly { readonly schema: string; readonly folder: string }[] = Object.entries(
  folders,
).map(([schema, folder]) => ({ schema, folder }));

/** Brings every schema of the database up to date; resolves with the migrations that were applied. */
export async function migrateAll(url: string, logger: Logger): Promise<string[]> {
  const applied: string[] = [];
  for (const { schema, folder } of schemas) {
    const names = await migrate({ url, schema, folder, logger });
    applied.push(...names.map((name) => `${schema}: ${name}`));
  }
  return applied;
}
