import { randomBytes } from 'node:crypto';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How {@link writeFileAtomically} writes. */
export interface AtomicWriteOptions {
  /** Permission bits of the new file. */
  readonly mode: number;
  /** Fails with EEXIST if there is such a file, instead of replacing it. */
  readonly exclusive?: boolean;
}

/**
 * Writes a file so that, whenever the process dies, either nothing or the whole of it is there: under another
 * name in the same folder, flushed to the disk, then renamed.
 */
export async function writeFileAtomically(
  path: string,
  text: string,
  options: AtomicWriteOptions,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await withFile(await open(temporary, 'wx', options.mode), async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    if (options.exclusive === true) await link(temporary, path);
    else await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await withFile(await open(dirname(path), 'r'), (folder) => folder.sync());
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
