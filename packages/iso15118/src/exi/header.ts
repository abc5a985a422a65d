import type { BitReader } from './bit-reader.ts';
import { ExiError } from './error.ts';

/** The only EXI header of ISO 15118: no cookie, no options, final version 1 (EXI 1.0, 5). */
export const EXI_HEADER = 0x80;

/** Reads the EXI header and refuses any other than {@link EXI_HEADER}. */
export function readExiHeader(reader: BitReader): void {
  const header = reader.bits(8, 'the EXI header');
  if (header !== EXI_HEADER) {
    throw new ExiError('HEADER', 0, `the EXI header is 0x${header.toString(16)}, not 0x80`);
  }
}
