import { Iso15118Error } from '../error.ts';

/**
 * Why bytes are not an EXI document of ours, or a message cannot be written as one. Closed: a new reason gets a
 * new code here.
 *
 * - `HEADER`: the first octet is not 0x80 (a cookie, an options document or another EXI version).
 * - `TRUNCATED`: the bytes end before the document does, or a length reaches beyond what is left.
 * - `EVENT_CODE`: an event code that the schema has no production for, the escape of non-strict EXI included.
 * - `UNSUPPORTED_MESSAGE`: a well-known document or body element that is not a certificate message.
 * - `UNSUPPORTED_ELEMENT`: schema-conform content that Plug & Charge messages do not use (KeyInfo, Object, …).
 * - `STRING_TABLE`: a string given as a reference into a string table, which ISO 15118 does not use.
 * - `INTEGER_RANGE`: an integer outside the range of its type.
 * - `ENUMERATION`: the index of an enumeration value that does not exist.
 * - `TOO_LONG`: a string or binary longer than its type allows.
 * - `COUNT`: fewer or more repetitions than the schema allows.
 * - `CHARACTER`: a code point that XML does not allow.
 */
export const exiErrorCodes = [
  'HEADER',
  'TRUNCATED',
  'EVENT_CODE',
  'UNSUPPORTED_MESSAGE',
  'UNSUPPORTED_ELEMENT',
  'STRING_TABLE',
  'INTEGER_RANGE',
  'ENUMERATION',
  'TOO_LONG',
  'COUNT',
  'CHARACTER',
] as const;

/** One of {@link exiErrorCodes}: why EXI 1.0 or a schema of ISO 15118 is not kept. */
export type ExiErrorCode = (typeof exiErrorCodes)[number];

/** The only error that decoding EXI 1.0 throws, and that encoding throws for values the schema does not allow. */
export class ExiError extends Iso15118Error {
  override readonly name = 'ExiError';
  readonly code: ExiErrorCode;
  /** The bit at which it was noticed, counted from 0 at the first bit of the first octet. */
  readonly bit: number;

  /** @param problem - What is wrong, without the position, which is added. */
  constructor(code: ExiErrorCode, bit: number, problem: string) {
    super(`${problem} (at bit ${String(bit)})`);
    this.code = code;
    this.bit = bit;
  }
}
