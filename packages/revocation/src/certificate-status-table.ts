import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The file with the SQL of a pool's table of statuses, which each pool's migrations hold verbatim. */
export const certificateStatusTablePath: string = fileURLToPath(
  new URL('./certificate-status.sql', import.meta.url),
);

/** The SQL of a pool's table of statuses. */
export async function readCertificateStatusTable(): Promise<string> {
  return await readFile(certificateStatusTablePath, 'utf8');
}
