import type { BitReader } from '../exi/bit-reader.ts';
import { ExiError } from '../exi/error.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { readText } from '../exi/text.ts';
import { knownAlgorithms } from './algorithms.ts';
import type { Reference, Signature, SignedInfo, Transform } from './model.ts';
import {
  REFERENCE_DIGEST_METHOD,
  REFERENCE_ID,
  REFERENCE_TRANSFORMS,
  REFERENCE_TYPE,
  REFERENCE_URI,
  referenceCodeBits,
} from './reference-states.ts';

/** The content of a Signature element, its END included. KeyInfo and Object are refused. */
export function decodeSignature(reader: BitReader): Signature {
  let id: string | undefined;
  if (reader.event(2, 2, 'Signature') === 0) {
    id = readText(reader, UNBOUNDED, 'Signature Id');
    reader.zeros(1, 'SignedInfo');
  }
  const signedInfo = decodeSignedInfo(reader);
  reader.zeros(1, 'SignatureValue');
  let signatureValueId: string | undefined;
  if (reader.event(2, 2, 'SignatureValue') === 0) {
    signatureValueId = readText(reader, UNBOUNDED, 'SignatureValue Id');
    reader.zeros(1, 'SignatureValue');
  }
  const signatureValue = reader.binary(UNBOUNDED, 'SignatureValue');
  reader.zeros(1, 'the end of SignatureValue');
  expectEvent(reader, 2, 3, 2, 'the end of Signature');
  if (id === undefined && signatureValueId === undefined) return { signedInfo, signatureValue };
  return {
    ...(id === undefined ? {} : { id }),
    signedInfo,
    ...(signatureValueId === undefined ? {} : { signatureValueId }),
    signatureValue,
  };
}

/** The content of a SignedInfo element, its END included. */
export function decodeSignedInfo(reader: BitReader): SignedInfo {
  let id: string | undefined;
  if (reader.event(2, 2, 'SignedInfo') === 0) {
    id = readText(reader, UNBOUNDED, 'SignedInfo Id');
    reader.zeros(1, 'CanonicalizationMethod');
  }
  const canonicalizationMethod = readAlgorithm(reader, 'CanonicalizationMethod');
  expectEvent(reader, 2, 3, 1, 'the end of CanonicalizationMethod');
  reader.zeros(1, 'SignatureMethod');
  const signatureMethod = readAlgorithm(reader, 'SignatureMethod');
  expectEvent(reader, 3, 4, 2, 'the end of SignatureMethod');
  reader.zeros(1, 'Reference');
  const references: Reference[] = [];
  do references.push(decodeReference(reader));
  while (reader.event(2, 2, 'Reference') === 0);
  return id === undefined
    ? { canonicalizationMethod, signatureMethod, references }
    : { id, canonicalizationMethod, signatureMethod, references };
}

function decodeReference(reader: BitReader): Reference {
  let id: string | undefined;
  let type: string | undefined;
  let uri: string | undefined;
  let transforms: Transform[] | undefined;
  let part = REFERENCE_ID;
  for (;;) {
    part += reader.event(referenceCodeBits(part), REFERENCE_DIGEST_METHOD + 1 - part, 'Reference');
    if (part === REFERENCE_DIGEST_METHOD) break;
    if (part === REFERENCE_ID) id = readText(reader, UNBOUNDED, 'Reference Id');
    else if (part === REFERENCE_TYPE) type = readText(reader, UNBOUNDED, 'Reference Type');
    else if (part === REFERENCE_URI) uri = readText(reader, UNBOUNDED, 'Reference URI');
    else if (part === REFERENCE_TRANSFORMS) transforms = decodeTransforms(reader);
    part++;
  }
  const digestMethod = readAlgorithm(reader, 'DigestMethod');
  expectEvent(reader, 2, 3, 1, 'the end of DigestMethod');
  reader.zeros(2, 'DigestValue');
  const digestValue = reader.binary(UNBOUNDED, 'DigestValue');
  reader.zeros(2, 'the end of Reference');
  if (id === undefined && type === undefined && uri !== undefined && transforms !== undefined) {
    return { uri, transforms, digestMethod, digestValue };
  }
  return {
    ...(id === undefined ? {} : { id }),
    ...(type === undefined ? {} : { type }),
    ...(uri === undefined ? {} : { uri }),
    ...(transforms === undefined ? {} : { transforms }),
    digestMethod,
    digestValue,
  };
}

function decodeTransforms(reader: BitReader): Transform[] {
  const transforms: Transform[] = [];
  reader.zeros(1, 'Transform');
  do transforms.push(decodeTransform(reader));
  while (reader.event(2, 2, 'Transform') === 0);
  return transforms;
}

function decodeTransform(reader: BitReader): Transform {
  const algorithm = readAlgorithm(reader, 'Transform');
  let xpath: string[] | undefined;
  for (;;) {
    const start = reader.bit;
    const code = reader.event(3, 4, 'Transform');
    if (code === 2) return xpath === undefined ? { algorithm } : { algorithm, xpath };
    if (code !== 0) refuse(start, 'the content of Transform');
    reader.zeros(1, 'XPath');
    (xpath ??= []).push(readText(reader, UNBOUNDED, 'XPath'));
    reader.zeros(1, 'the end of XPath');
  }
}

function readAlgorithm(reader: BitReader, element: string): string {
  reader.zeros(1, element);
  return readText(reader, UNBOUNDED, element, knownAlgorithms);
}

function expectEvent(
  reader: BitReader,
  width: number,
  productions: number,
  code: number,
  what: string,
): void {
  const start = reader.bit;
  if (reader.event(width, productions, what) !== code) refuse(start, what);
}

function refuse(bit: number, what: string): never {
  throw new ExiError('UNSUPPORTED_ELEMENT', bit, `content that ISO 15118 messages do not use at ${what}`);
}
