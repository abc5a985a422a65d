import { join } from 'node:path';

/** The SQL that makes the schema `identity`. */
export const identityMigrations = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'prisma',
  'identity',
  'migrations',
);
