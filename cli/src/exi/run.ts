import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exiCommands, type ExiCommand, type ExiResponse } from './commands.ts';
import { splitLines, type InputLine } from './lines.ts';
import { ExiRequest } from './request.ts';

/** Characters a line may have: far more than any message needs. */
const MAX_LINE = 8 * 1024 * 1024;

/**
 * Serves one `exi` command: a JSON object a line in, a JSON object a line out, in the same order. A line that
 * cannot be served is answered `{"ok":false,"error":…}` and the next one follows; empty lines are passed over.
 * Reads only as fast as the output takes it. `output` is left open.
 * @throws When one of the streams fails.
 */
export async function runExi(command: ExiCommand, input: Readable, output: Writable): Promise<void> {
  await pipeline(
    input,
    async function* (chunks: AsyncIterable<Uint8Array | string>) {
      for await (const line of splitLines(chunks, MAX_LINE)) {
        if ('text' in line && line.text.trim() === '') continue;
        yield `${JSON.stringify(answer(command, line))}\n`;
      }
    },
    output,
    { end: false },
  );
}

function answer(command: ExiCommand, line: InputLine): ExiResponse {
  if ('tooLong' in line) return { ok: false, error: `the line has more than ${String(MAX_LINE)} characters` };
  try {
    return exiCommands[command](new ExiRequest(parseJson(line.text)));
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : 'unknown error' };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SyntaxError('the line is not JSON');
  }
}
