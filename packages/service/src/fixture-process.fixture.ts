import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';

/** A fixture that runs as a process of its own. */
export interface FixtureProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves once it has written `text` to its standard output; rejects when it ends without. */
  wrote(text: string): Promise<void>;
  /** Resolves when it has ended, with all it wrote. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Starts a fixture of this folder by its file's name. */
export function startFixture(file: string, ...args: string[]): FixtureProcess {
  const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Awaited<FixtureProcess['ended']>>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stdout.includes(text)) resolve();
        };
        child.stdout.on('data', look);
        child.once('close', () => {
          reject(new Error(`It ended without writing "${text}": ${stderr}`));
        });
        look();
      }),
  };
}
