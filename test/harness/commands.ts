import { explain, runClient } from '@chargegraph/cli';

/** What a command wrote, and the exit code it gave. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command's function in this process, which takes a fraction of the time of a process of its own. Tells what that
 * process would have written: of each command, a test runs one besides to see that it does.
 */
export async function runHere(run: (write: (text: string) => void) => Promise<unknown>): Promise<Ran> {
  let stdout = '';
  try {
    await run((text) => {
      stdout += text;
    });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return { code: 1, stdout, stderr: `${explain(error)}\n` };
  }
}

/** `chargegraph client <args>` in this process. */
export const runClientHere = (args: readonly string[], environment: Record<string, string>): Promise<Ran> =>
  runHere((write) => runClient(args, environment, write));
