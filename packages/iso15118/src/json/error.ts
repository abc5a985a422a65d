import { Iso15118Error } from '../error.ts';

/**
 * Why JSON is not the JSON form of a message. Closed: a new reason gets a new code here.
 *
 * - `JSON_MISSING`: a field that must be there is not.
 * - `JSON_UNKNOWN_FIELD`: a field that no message has.
 * - `JSON_VALUE`: a field has a value of another type, or one that its type does not allow.
 */
export const jsonErrorCodes = ['JSON_MISSING', 'JSON_UNKNOWN_FIELD', 'JSON_VALUE'] as const;

/** One of {@link jsonErrorCodes}. */
export type JsonErrorCode = (typeof jsonErrorCodes)[number];

/** JSON is not the JSON form of a message: the sentence names the field. */
export class MessageJsonError extends Iso15118Error {
  override readonly name = 'MessageJsonError';
  readonly code: JsonErrorCode;
  /** The field, as a path from the message or the fields: `body.emaid.id`, `references[0].uri`. */
  readonly path: string;

  /** @param problem - What is wrong, as the rest of a sentence that begins with the path. */
  constructor(path: string, problem: string, code: JsonErrorCode = 'JSON_VALUE') {
    super(`${path === '' ? 'the message' : path} ${problem}`);
    this.path = path;
    this.code = code;
  }
}
