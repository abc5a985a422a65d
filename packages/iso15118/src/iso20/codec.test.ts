import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, vectorsFolder } from '../iso2/vectors.fixture.ts';
import { decodeIso20Message, inspectIso20Message } from './decode.ts';
import { encodeIso20Message } from './encode.ts';
import { encodeIso20Fragment } from './fragment.ts';
import { iso20FragmentFieldsFromJson, iso20MessageFromJson } from './from-json.ts';
import { iso20SignerCertificateOf } from './signed-part.ts';
import { iso20MessageToJson } from './to-json.ts';
import { iso20Captures, iso20Vectors } from './vectors.fixture.ts';
import { verifyIso20MessageSignature } from './verify.ts';

describe.skipIf(vectorsFolder === undefined)('the cross-checked vectors of ISO 15118-20', () => {
  const messages = [...iso20Vectors('iso20messages'), ...iso20Captures()];

  it.each(messages)('$name decodes to its JSON form and encodes to its bytes', ({ exiBase64, message }) => {
    const inspected = inspectIso20Message(fromBase64(exiBase64));
    expect(iso20MessageToJson(inspected.message)).toEqual(message);
    expect(inspected.octets).toBe(fromBase64(exiBase64).length);
    expect(inspected.variants).toEqual([]);
    expect(toBase64(encodeIso20Message(inspected.message))).toBe(exiBase64);
    expect(toBase64(encodeIso20Message(iso20MessageFromJson(message)))).toBe(exiBase64);
  });

  it.each(iso20Vectors('iso20fragments'))('fragment $name has its bytes and digests', (row) => {
    const name = row.fragmentName;
    if (name === undefined) throw new Error('the vector names no fragment');
    const octets = encodeIso20Fragment(name, iso20FragmentFieldsFromJson(name, row.fields));
    expect(toBase64(octets)).toBe(row.exiBase64);
    expect(createHash('sha256').update(octets).digest('base64')).toBe(row.sha256);
    expect(createHash('sha512').update(octets).digest('base64')).toBe(row.sha512);
  });
});

describe.skipIf(vectorsFolder === undefined)('captures of ISO 15118-20 from the field', () => {
  it.each(iso20Captures())('$name verifies as recorded', (row) => {
    const message = decodeIso20Message(fromBase64(row.exiBase64));
    const verdict = verifyIso20MessageSignature(message, iso20SignerCertificateOf(message.body));
    expect(verdict.signature).toBe(row.signatureOverXmldsigSignedInfo);
    expect(Object.values(verdict.digests)).toEqual([row.digestOk]);
    expect(verdict.valid).toBe(row.digestOk);
    expect(verdict.problems).toEqual(row.digestOk === true ? [] : ['digest-mismatch']);
  });

  it('names the algorithms of ISO 15118-2 where a stack uses them', () => {
    const variants = iso20Captures().map(({ exiBase64 }) => {
      const message = decodeIso20Message(fromBase64(exiBase64));
      return verifyIso20MessageSignature(message, iso20SignerCertificateOf(message.body)).variants;
    });
    expect(variants).toEqual([[], ['p256-profile']]);
  });
});
