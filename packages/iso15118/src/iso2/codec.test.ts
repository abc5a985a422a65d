import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ExiError } from '../exi/error.ts';
import { decodeMessage, inspectMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { encodeFragment } from './fragment.ts';
import { fragmentFieldsFromJson, messageFromJson } from './from-json.ts';
import { negativeCertificateInstallationRes } from './negative.ts';
import { messageToJson } from './to-json.ts';
import {
  allCaptures,
  captures,
  fromBase64,
  publicVectors,
  toBase64,
  vectorsFolder,
} from './vectors.fixture.ts';

describe.skipIf(vectorsFolder === undefined)('the cross-checked vectors', () => {
  const messages = [...publicVectors('messages'), ...publicVectors('signed')];

  it.each(messages)('$name decodes to its JSON form and encodes to its bytes', ({ exiBase64, message }) => {
    const decoded = decodeMessage(fromBase64(exiBase64));
    expect(messageToJson(decoded)).toEqual(message);
    expect(toBase64(encodeMessage(decoded))).toBe(exiBase64);
    expect(toBase64(encodeMessage(messageFromJson(message)))).toBe(exiBase64);
  });

  it.each(publicVectors('fragments'))('fragment $name has its bytes and digest', (row) => {
    const name = row.fragmentName;
    if (name === undefined) throw new Error('the vector names no fragment');
    const octets = encodeFragment(name, fragmentFieldsFromJson(name, row.fields));
    expect(toBase64(octets)).toBe(row.exiBase64);
    expect(createHash('sha256').update(octets).digest('base64')).toBe(row.sha256);
  });

  it.each(publicVectors('signed'))('$name has the SignedInfo fragment that was signed', (row) => {
    const signature = decodeMessage(fromBase64(row.exiBase64)).header.signature;
    if (signature === undefined) throw new Error('the vector is not signed');
    const octets = encodeFragment('SignedInfo', signature.signedInfo);
    expect(createHash('sha256').update(octets).digest('base64')).toBe(row.sha256_of_SignedInfo_fragment);
  });

  it.each(publicVectors('lenientDecode'))('$name decodes like the conform form', ({ name, exiBase64 }) => {
    const [base = '', deviation] = name.split('/');
    const { message, variants } = inspectMessage(fromBase64(exiBase64));
    expect(messageToJson(message)).toEqual(messages.find((row) => row.name === base)?.message);
    expect(variants).toEqual([deviation === 'trailing-zero' ? 'trailing-octets' : 'libcbv2g-end']);
  });

  it.each(publicVectors('malformed'))('$name is refused', ({ exiBase64 }) => {
    const bytes = fromBase64(exiBase64);
    const error = refusalOf(bytes);
    expect(error.bit).toBeGreaterThanOrEqual(0);
    expect(error.bit).toBeLessThanOrEqual(bytes.length * 8);
    expect(error.message).toMatch(/ \(at bit \d+\)$/);
  });
});

describe.skipIf(vectorsFolder === undefined)('captures from the field', () => {
  it.each(captures())(
    '$name decodes as recorded',
    ({ exiBase64, message, consumedBytes, reencodeIdentical }) => {
      const bytes = fromBase64(exiBase64);
      const inspected = inspectMessage(bytes);
      expect(messageToJson(inspected.message)).toEqual(message);
      expect(inspected.octets).toBe(consumedBytes);
      expect(inspected.variants).toEqual(consumedBytes === bytes.length ? [] : ['trailing-octets']);
      if (reencodeIdentical === true) expect(toBase64(encodeMessage(inspected.message))).toBe(exiBase64);
    },
  );

  it('gives the eMAID fragments as recorded, whatever the length of the eMAID', () => {
    const rows = captures().filter(({ emaidFragmentSha256 }) => emaidFragmentSha256 !== undefined);
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows) {
      const { body } = decodeMessage(fromBase64(row.exiBase64));
      if (body.type !== 'CertificateInstallationRes') throw new Error('not a response');
      const digests = (['eMAID', 'eMAID(strict type, libcbv2g)'] as const).map((name) =>
        createHash('sha256').update(encodeFragment(name, body.emaid)).digest('base64'),
      );
      expect(digests).toEqual([row.emaidFragmentSha256?.relaxed, row.emaidFragmentSha256?.strict]);
    }
  });

  it('refuses a published sample whose body was altered, and messages of ISO 15118-20', () => {
    const others = allCaptures().filter(({ schema }) => schema !== 'iso15118-2');
    expect(others.map(({ exiBase64 }) => refusalOf(fromBase64(exiBase64)).code)).toEqual(
      others.map(() => 'UNSUPPORTED_MESSAGE'),
    );
    expect(others).toHaveLength(3);
  });

  it('writes the negative response as a backend in the field does, octet by octet', () => {
    const row = captures().find(({ name }) => name === 'opcp-doc-res-no-contract');
    const response = negativeCertificateInstallationRes({
      sessionId: fromBase64('Kj3G11QR9kc='),
      responseCode: 'FAILED_NoCertificateAvailable',
      notification: { faultCode: 'UnknownError', faultMsg: 'CPO certInstall status' },
    });
    expect(toBase64(encodeMessage(response))).toBe(row?.exiBase64);
  });
});

function refusalOf(bytes: Uint8Array): ExiError {
  try {
    decodeMessage(bytes);
  } catch (error) {
    if (error instanceof ExiError) return error;
    throw error;
  }
  throw new Error('was accepted');
}
