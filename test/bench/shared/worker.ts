import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** A process of a benchmark that does what it is asked, one thing after the other or several at once. */
export interface Worker<Request> {
  readonly pid: number;
  ask<Answer>(request: Request): Promise<Answer>;
  stop(): void;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts a file that answers over IPC: messages `{number, request}` with `{number, result}` or `{number, error}`. */
export function startWorker<Request>(file: string): Worker<Request> {
  const waiting = new Map<number, Waiting>();
  let count = 0;
  const child = fork(file, {
    execArgv: ['--conditions=chargegraph-source', '--import', 'tsx'],
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
  });
  child.on('message', (message) => {
    const { number, result, error } = message as { number: number; result?: unknown; error?: string };
    const asked = waiting.get(number);
    waiting.delete(number);
    if (error === undefined) asked?.resolve(result as never);
    else asked?.reject(new Error(error));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${basename(file)} ended with ${code}.`));
  });
  if (child.pid === undefined) throw new Error(`${basename(file)} could not be started.`);
  return {
    pid: child.pid,
    ask: (request) =>
      new Promise((resolve, reject) => {
        const number = count++;
        waiting.set(number, { resolve, reject });
        child.send({ number, request });
      }),
    stop: () => {
      child.disconnect();
    },
  };
}

/** Milliseconds of processor time that a process has used so far; of Linux alone, else NaN. */
export async function processorTime(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In hundredths of a second on every Linux that Node runs on.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
