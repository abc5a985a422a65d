import { StringDecoder } from 'node:string_decoder';

/** A line of the input, or the place of one that was longer than allowed. */
export type InputLine = { readonly text: string } | { readonly tooLong: true };

/**
 * Splits UTF-8 chunks into lines, without their ends. A line of more than `limit` characters is not kept: its
 * place is marked when it begins to be too long, and the rest of it is passed over.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array | string>,
  limit: number,
): AsyncGenerator<InputLine> {
  const decoder = new StringDecoder('utf8');
  let line = '';
  let skipping = false;
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      if (!skipping) {
        line += text.slice(start, end);
        yield line.length > limit ? { tooLong: true } : { text: line };
      }
      line = '';
      skipping = false;
      start = end + 1;
    }
    if (!skipping) {
      line += text.slice(start);
      if (line.length > limit) {
        yield { tooLong: true };
        line = '';
        skipping = true;
      }
    }
  }
  if (!skipping && line !== '') yield { text: line };
}
