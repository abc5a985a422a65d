import type { BitWriter } from '../exi/bit-writer.ts';
import { ExiError } from '../exi/error.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { writeText } from '../exi/text.ts';
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

/** The content of a Signature element, its END included. */
export function encodeSignature(writer: BitWriter, signature: Signature): void {
  writeOptionalId(writer, signature.id, 'Signature Id');
  encodeSignedInfo(writer, signature.signedInfo);
  writer.bits(0, 1);
  writeOptionalId(writer, signature.signatureValueId, 'SignatureValue Id');
  writer.binary(signature.signatureValue);
  writer.bits(0, 1);
  writer.bits(2, 2);
}

/** The content of a SignedInfo element, its END included. */
export function encodeSignedInfo(writer: BitWriter, signedInfo: SignedInfo): void {
  if (signedInfo.references.length === 0) {
    throw new ExiError('COUNT', writer.bit, 'SignedInfo has no Reference, at least 1');
  }
  writeOptionalId(writer, signedInfo.id, 'SignedInfo Id');
  writeAlgorithm(writer, signedInfo.canonicalizationMethod, 'CanonicalizationMethod');
  writer.bits(1, 2);
  writer.bits(0, 1);
  writeAlgorithm(writer, signedInfo.signatureMethod, 'SignatureMethod');
  writer.bits(2, 3);
  let first = true;
  for (const reference of signedInfo.references) {
    writer.bits(0, first ? 1 : 2);
    first = false;
    encodeReference(writer, reference);
  }
  writer.bits(1, 2);
}

function encodeReference(writer: BitWriter, reference: Reference): void {
  let part = 0;
  if (reference.id !== undefined) {
    part = startPart(writer, part, REFERENCE_ID);
    writeText(writer, reference.id, UNBOUNDED, 'Reference Id');
  }
  if (reference.type !== undefined) {
    part = startPart(writer, part, REFERENCE_TYPE);
    writeText(writer, reference.type, UNBOUNDED, 'Reference Type');
  }
  if (reference.uri !== undefined) {
    part = startPart(writer, part, REFERENCE_URI);
    writeText(writer, reference.uri, UNBOUNDED, 'Reference URI');
  }
  if (reference.transforms !== undefined) {
    part = startPart(writer, part, REFERENCE_TRANSFORMS);
    encodeTransforms(writer, reference.transforms);
  }
  startPart(writer, part, REFERENCE_DIGEST_METHOD);
  writeAlgorithm(writer, reference.digestMethod, 'DigestMethod');
  writer.bits(1, 2);
  writer.bits(0, 2);
  writer.binary(reference.digestValue);
  writer.bits(0, 2);
}

/** Writes the event code that leads from the state after `part` parts to part `next`. */
function startPart(writer: BitWriter, part: number, next: number): number {
  writer.bits(next - part, referenceCodeBits(part));
  return next + 1;
}

function encodeTransforms(writer: BitWriter, transforms: readonly Transform[]): void {
  if (transforms.length === 0) {
    throw new ExiError('COUNT', writer.bit, 'Transforms has no Transform, at least 1');
  }
  let first = true;
  for (const transform of transforms) {
    writer.bits(0, first ? 1 : 2);
    first = false;
    writeAlgorithm(writer, transform.algorithm, 'Transform');
    for (const xpath of transform.xpath ?? []) {
      writer.bits(0, 3);
      writer.bits(0, 1);
      writeText(writer, xpath, UNBOUNDED, 'XPath');
      writer.bits(0, 1);
    }
    writer.bits(2, 3);
  }
  writer.bits(1, 2);
}

/** Two productions: the Id attribute, then what follows it with one bit; or at once what follows. */
function writeOptionalId(writer: BitWriter, id: string | undefined, what: string): void {
  if (id === undefined) {
    writer.bits(1, 2);
    return;
  }
  writer.bits(0, 2);
  writeText(writer, id, UNBOUNDED, what);
  writer.bits(0, 1);
}

function writeAlgorithm(writer: BitWriter, algorithm: string, element: string): void {
  writer.bits(0, 1);
  writeText(writer, algorithm, UNBOUNDED, element, knownAlgorithms);
}
