import { describe, expect, it } from 'vitest';
import { decodeMessage } from './decode.ts';
import { signerCertificateOf } from './signed-parts.ts';
import { captures, fromBase64, publicVectors, vectorsFolder } from './vectors.fixture.ts';
import { verifyMessageSignature } from './verify.ts';

describe.skipIf(vectorsFolder === undefined)('real signatures', () => {
  it.each(captures().filter(({ digests }) => digests !== undefined))('$name verifies as recorded', (row) => {
    const message = decodeMessage(fromBase64(row.exiBase64));
    const verdict = verifyMessageSignature(message, signerCertificateOf(message.body));
    const recorded = Object.entries(row.digests ?? {});
    expect(verdict).toEqual({
      valid: true,
      digests: Object.fromEntries(recorded.map(([uri]) => [uri, true])),
      signature: true,
      variants: [
        ...(recorded.every(([, { ok }]) => ok) ? [] : ['strict-emaid']),
        ...(row.signatureOverXmldsigSignedInfo === true ? [] : ['iso2-signed-info']),
      ],
      problems: [],
    });
    expect(row.signatureOverIso2SignedInfo).toBe(verdict.variants.includes('iso2-signed-info'));
  });

  it.each(publicVectors('signed'))('$name has the digests of its elements', ({ exiBase64 }) => {
    const message = decodeMessage(fromBase64(exiBase64));
    const { digests } = verifyMessageSignature(message, signerCertificateOf(message.body));
    expect(Object.values(digests)).toEqual(message.header.signature?.signedInfo.references.map(() => true));
  });
});
