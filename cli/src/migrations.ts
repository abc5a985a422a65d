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

/** The names of the schemas: the pools and `identity`. */
export const schemas: readonly string[] = Object.keys(folders);

/** Brings every schema of the database up to date; resolves with the migrations that were applied. */
export async function migrateAll(url: string, logger: Logger): Promise<string[]> {
  const applied: string[] = [];
  for (const [schema, folder] of Object.entries(folders)) {
    const names = await migrate({ url, schema, folder, logger });
    applied.push(...names.map((name) => `${schema}: ${name}`));
  }
  return applied;
}
