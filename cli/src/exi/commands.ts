import { editions, toBase64 } from './editions.ts';
import { RequestError, type ExiRequest } from './request.ts';
import { subjectOf } from './subject.ts';

/** A line of the output; on failure `{ok: false, error}`. */
export type ExiResponse = Readonly<Record<string, unknown>> & { readonly ok: boolean };

/** `{exiBase64}` → `{ok, message}`. */
function decode(request: ExiRequest): ExiResponse {
  return { ok: true, message: editions[request.schema].decode(request.exi()) };
}

/** `{message}` → `{ok, exiBase64}`. */
function encode(request: ExiRequest): ExiResponse {
  return { ok: true, exiBase64: toBase64(editions[request.schema].encode(request.field('message'))) };
}

/** `{fragmentName, fields}` → `{ok, exiBase64, sha256}`, and `sha512` in ISO 15118-20. */
function fragment(request: ExiRequest): ExiResponse {
  const name = request.field('fragmentName');
  return { ok: true, ...editions[request.schema].fragment(name, request.field('fields')) };
}

/**
 * `{exiBase64}` → `{ok, digests, signature, signer}`. `ok` tells that a signature was there and could be examined;
 * `variants` and `problems` are added when there are any.
 */
function verify(request: ExiRequest): ExiResponse {
  const { certificate, examination } = editions[request.schema].examine(request.exi());
  const signer = subjectOf(certificate);
  if (signer === undefined) throw new RequestError("the signer's certificate cannot be read");
  const { digests, signature, variants, problems } = examination;
  return {
    ok: true,
    digests,
    signature,
    signer,
    ...(variants.length === 0 ? {} : { variants }),
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** The commands of `chargegraph exi`, and what each does with one request. */
export const exiCommands = { decode, encode, fragment, verify } as const;

/** The name of one of {@link exiCommands}. */
export type ExiCommand = keyof typeof exiCommands;

/** Whether there is a command of this name. */
export function isExiCommand(name: string): name is ExiCommand {
  return Object.hasOwn(exiCommands, name);
}
