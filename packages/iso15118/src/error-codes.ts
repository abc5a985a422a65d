import { contractKeyErrorCodes } from './contract-key/error.ts';
import { exiErrorCodes } from './exi/error.ts';
import { identifierErrorCodes } from './identifiers/error.ts';
import { jsonErrorCodes } from './json/error.ts';
import { xmlErrorCodes } from './xml/error.ts';
import { signerErrorCodes } from './xmldsig/signer-error.ts';

/** Every code of every error of this package, each once. The list that a code stands in says what it means. */
export const iso15118ErrorCodes: readonly Iso15118ErrorCode[] = [
  ...new Set([
    ...exiErrorCodes,
    ...xmlErrorCodes,
    ...jsonErrorCodes,
    ...contractKeyErrorCodes,
    ...identifierErrorCodes,
    ...signerErrorCodes,
  ]),
];

/** One of {@link iso15118ErrorCodes}: closed, so that a `switch` over it can be complete. */
export type Iso15118ErrorCode =
  | (typeof exiErrorCodes)[number]
  | (typeof xmlErrorCodes)[number]
  | (typeof jsonErrorCodes)[number]
  | (typeof contractKeyErrorCodes)[number]
  | (typeof identifierErrorCodes)[number]
  | (typeof signerErrorCodes)[number];
