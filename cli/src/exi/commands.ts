import { createHash } from 'node:crypto';
import {
  decodeMessage,
  encodeFragment,
  encodeMessage,
  fragmentFieldsFromJson,
  inspectMessage,
  iso2FragmentNames,
  messageFromJson,
  messageToJson,
  signerCertificateOf,
  verifyMessageSignature,
} from '@chargegraph/iso15118';
import { RequestError, type ExiRequest } from './request.ts';
import { subjectOf } from './subject.ts';

/** A line of the output; on failure `{ok: false, error}`. */
export type ExiResponse = Readonly<Record<string, unknown>> & { readonly ok: boolean };

/** `{exiBase64}` → `{ok, message}`. */
function decode(request: ExiRequest): ExiResponse {
  return { ok: true, message: messageToJson(decodeMessage(request.exi())) };
}

/** `{message}` → `{ok, exiBase64}`. */
function encode(request: ExiRequest): ExiResponse {
  return { ok: true, exiBase64: toBase64(encodeMessage(messageFromJson(request.field('message')))) };
}

/** `{fragmentName, fields}` → `{ok, exiBase64, sha256}`. */
function fragment(request: ExiRequest): ExiResponse {
  const asked = request.field('fragmentName');
  const name = iso2FragmentNames.find((candidate) => candidate === asked);
  if (name === undefined)
    throw new RequestError(`fragmentName must be one of ${iso2FragmentNames.join(', ')}`);
  const octets = encodeFragment(name, fragmentFieldsFromJson(name, request.field('fields')));
  return {
    ok: true,
    exiBase64: toBase64(octets),
    sha256: createHash('sha256').update(octets).digest('base64'),
  };
}

/**
 * `{exiBase64}` → `{ok, digests, signature, signer}`. `ok` tells that a signature was there and could be examined;
 * `variants` and `problems` are added when there are any.
 */
function verify(request: ExiRequest): ExiResponse {
  const { message, variants: encodingVariants } = inspectMessage(request.exi());
  if (message.header.signature === undefined) throw new RequestError('the message is not signed');
  const certificate = signerCertificateOf(message.body);
  const signer = subjectOf(certificate);
  if (signer === undefined) throw new RequestError("the signer's certificate cannot be read");
  const verdict = verifyMessageSignature(message, certificate);
  const variants = [...verdict.variants, ...encodingVariants];
  return {
    ok: true,
    digests: verdict.digests,
    signature: verdict.signature,
    signer,
    ...(variants.length === 0 ? {} : { variants }),
    ...(verdict.problems.length === 0 ? {} : { problems: verdict.problems }),
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

function toBase64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}
