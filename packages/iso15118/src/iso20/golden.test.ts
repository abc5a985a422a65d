import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../iso2/vectors.fixture.ts';
import { decodeIso20Message } from './decode.ts';
import { encodeIso20Message } from './encode.ts';
import { encodeIso20Fragment, iso20FragmentNames, type Iso20FragmentName } from './fragment.ts';
import { iso20FragmentFieldsFromJson, iso20MessageFromJson } from './from-json.ts';
import { iso20SignerCertificateOf } from './signed-part.ts';
import { iso20MessageToJson } from './to-json.ts';
import { verifyIso20MessageSignature } from './verify.ts';

interface Golden {
  readonly messages: readonly {
    readonly name: string;
    readonly exiBase64: string;
    readonly message: unknown;
  }[];
  readonly fragments: readonly {
    readonly fragmentName: Iso20FragmentName;
    readonly exiBase64: string;
    readonly sha256: string;
    readonly sha512: string;
    readonly fields: unknown;
  }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/iso20.json', import.meta.url), 'utf8'),
) as Golden;

describe('the golden vectors of ISO 15118-20', () => {
  it.each(golden.messages)(
    '$name decodes to its JSON form and encodes to its bytes',
    ({ exiBase64, message }) => {
      expect(iso20MessageToJson(decodeIso20Message(fromBase64(exiBase64)))).toEqual(message);
      expect(toBase64(encodeIso20Message(iso20MessageFromJson(message)))).toBe(exiBase64);
    },
  );

  it.each(golden.fragments)('fragment $fragmentName has its bytes and digests', (row) => {
    const fields = iso20FragmentFieldsFromJson(row.fragmentName, row.fields);
    const octets = encodeIso20Fragment(row.fragmentName, fields);
    expect(toBase64(octets)).toBe(row.exiBase64);
    expect(createHash('sha256').update(octets).digest('base64')).toBe(row.sha256);
    expect(createHash('sha512').update(octets).digest('base64')).toBe(row.sha512);
  });

  it('cover every fragment', () => {
    expect(golden.fragments.map(({ fragmentName }) => fragmentName).sort()).toEqual(
      [...iso20FragmentNames].sort(),
    );
  });

  it('have signatures on P-521 that verify with the certificates in them', () => {
    const verdicts = golden.messages.slice(0, 3).map(({ exiBase64 }) => {
      const message = decodeIso20Message(fromBase64(exiBase64));
      return verifyIso20MessageSignature(message, iso20SignerCertificateOf(message.body));
    });
    expect(verdicts).toEqual(
      verdicts.map(() => ({
        valid: true,
        digests: { '#ID1': true },
        signature: true,
        variants: [],
        problems: [],
      })),
    );
  });
});
