import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testFolderVariable } from '@chargegraph/database/testing';
import { within } from './wait.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A `chargegraph` command that runs as a process of its own. */
export interface ChargegraphProcess {
  readonly pid: number;
  /** Everything it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ending>;
  readonly isRunning: () => boolean;
  /** Waits until it has written this to stdout; throws with its output when it ends before. */
  says(pattern: RegExp, patience?: number): Promise<RegExpExecArray>;
  /** Writes to its stdin and closes it. */
  send(input: string): void;
  signal(signal: NodeJS.Signals): void;
  /** To its whole process group, as a terminal does; only with `ownGroup`. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Kills it, and its group if it has one, when it still runs. */
  kill(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

let folder: string | undefined;

/** The command in few files, made once a run: it starts in half the time that many files take. */
function script(): string {
  if (folder === undefined) {
    folder = join(process.env[testFolderVariable] ?? mkdtempSync(join(tmpdir(), 'chargegraph-')), 'command');
    execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs'), folder]);
  }
  return join(folder, 'main.mjs');
}

/** What a process needs to find its programs; settings of ours that the tests' own environment has stay out. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(CHARGEGRAPH_|VITEST|NODE_ENV$)/.test(name));
  return { ...Object.fromEntries(kept), APOLLO_TELEMETRY_DISABLED: '1' };
}

/** Starts `chargegraph <args>` as the sources are now. */
export function startChargegraph(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly ownGroup?: boolean } = {},
): ChargegraphProcess {
  const child = spawn(process.execPath, [script(), ...args], {
    cwd: root,
    env: { ...plainEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: options.ownGroup === true,
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // It may end before it has read all.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('The process could not be started.');
  const toGroup = (signal: NodeJS.Signals): void => {
    if (options.ownGroup !== true) throw new Error('The process shares the group of the tests.');
    process.kill(-pid, signal);
  };

  const spoken = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (match === null) return;
        listeners.delete(look);
        resolve(match);
      };
      listeners.add(look);
      look();
      void ended.then(() => {
        look();
        reject(new Error(`chargegraph ${args.join(' ')} ended first.\n${stdout}\n${stderr}`));
      });
    });

  return {
    pid,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    says: (pattern, patience = 45_000) =>
      within(`${args.join(' ')} says ${String(pattern)}`, patience, spoken(pattern)),
    send: (input) => {
      child.stdin.end(input);
    },
    signal: (signal) => {
      child.kill(signal);
    },
    signalGroup: toGroup,
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        if (options.ownGroup === true) toGroup('SIGKILL');
        else child.kill('SIGKILL');
      }
      await ended;
    },
  };
}

/** Runs `chargegraph <args>` to its end. */
export async function runChargegraph(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly input?: string } = {},
): Promise<Ending & { readonly stdout: string; readonly stderr: string }> {
  const child = startChargegraph(args, options);
  child.send(options.input ?? '');
  const ending = await child.ended;
  return { ...ending, stdout: child.stdout(), stderr: child.stderr() };
}
