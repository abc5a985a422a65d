import { createHash } from 'node:crypto';
import {
  decodeIso20Message,
  decodeMessage,
  encodeFragment,
  encodeIso20Fragment,
  encodeIso20Message,
  encodeMessage,
  fragmentFieldsFromJson,
  inspectIso20Message,
  inspectMessage,
  iso20FragmentFieldsFromJson,
  iso20FragmentNames,
  iso20MessageFromJson,
  iso20MessageToJson,
  iso20SignerCertificateOf,
  iso2FragmentNames,
  messageFromJson,
  messageToJson,
  signerCertificateOf,
  verifyIso20MessageSignature,
  verifyMessageSignature,
  type SignatureProblem,
} from '@chargegraph/iso15118';
import { RequestError, type ExiSchema } from './request.ts';

/** What a message's signature is found to be, and the deviations from the standard that were tolerated. */
export interface Examination {
  readonly digests: Readonly<Record<string, boolean>>;
  readonly signature: boolean;
  readonly variants: readonly string[];
  readonly problems: readonly SignatureProblem[];
}

/** What the commands need of an edition of the standard. */
export interface Edition {
  /** The JSON form of a message. */
  readonly decode: (octets: Uint8Array) => unknown;
  /** The octets of a message in its JSON form. */
  readonly encode: (message: unknown) => Uint8Array;
  /** A fragment in base64 and its digests in base64, by their names. */
  readonly fragment: (name: unknown, fields: unknown) => Readonly<Record<string, string>>;
  /** The certificate (DER) that must have signed, and what becomes of the signature with its key. */
  readonly examine: (octets: Uint8Array) => {
    readonly certificate: Uint8Array;
    readonly examination: Examination;
  };
}

const iso2: Edition = {
  decode: (octets) => messageToJson(decodeMessage(octets)),
  encode: (message) => encodeMessage(messageFromJson(message)),
  fragment: (asked, fields) => {
    const name = oneOf(iso2FragmentNames, asked);
    return withDigests(encodeFragment(name, fragmentFieldsFromJson(name, fields)), ['sha256']);
  },
  examine: (octets) => {
    const { message, variants } = inspectMessage(octets);
    requireSignature(message.header.signature);
    const certificate = signerCertificateOf(message.body);
    const verdict = verifyMessageSignature(message, certificate);
    return { certificate, examination: { ...verdict, variants: [...verdict.variants, ...variants] } };
  },
};

const iso20: Edition = {
  decode: (octets) => iso20MessageToJson(decodeIso20Message(octets)),
  encode: (message) => encodeIso20Message(iso20MessageFromJson(message)),
  fragment: (asked, fields) => {
    const name = oneOf(iso20FragmentNames, asked);
    const octets = encodeIso20Fragment(name, iso20FragmentFieldsFromJson(name, fields));
    return withDigests(octets, ['sha256', 'sha512']);
  },
  examine: (octets) => {
    const { message, variants } = inspectIso20Message(octets);
    requireSignature(message.header.signature);
    const certificate = iso20SignerCertificateOf(message.body);
    const verdict = verifyIso20MessageSignature(message, certificate);
    return { certificate, examination: { ...verdict, variants: [...verdict.variants, ...variants] } };
  },
};

/** The editions by the `schema` of a request. */
export const editions: Readonly<Record<ExiSchema, Edition>> = { 'iso15118-2': iso2, 'iso15118-20': iso20 };

/** Octets in base64. */
export function toBase64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}

function withDigests(octets: Uint8Array, hashes: readonly string[]): Record<string, string> {
  const digests = hashes.map((hash) => [hash, createHash(hash).update(octets).digest('base64')] as const);
  return { exiBase64: toBase64(octets), ...Object.fromEntries(digests) };
}

function oneOf<Name extends string>(names: readonly Name[], asked: unknown): Name {
  const name = names.find((candidate) => candidate === asked);
  if (name === undefined) throw new RequestError(`fragmentName must be one of ${names.join(', ')}`);
  return name;
}

function requireSignature(signature: unknown): void {
  if (signature === undefined) throw new RequestError('the message is not signed');
}
