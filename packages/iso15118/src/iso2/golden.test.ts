import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { encodeFragment, iso2FragmentNames, type Iso2FragmentName } from './fragment.ts';
import { fragmentFieldsFromJson, messageFromJson } from './from-json.ts';
import { messageToJson } from './to-json.ts';
import { fromBase64, toBase64 } from './vectors.fixture.ts';

interface Golden {
  readonly messages: readonly {
    readonly name: string;
    readonly exiBase64: string;
    readonly message: unknown;
  }[];
  readonly fragments: readonly {
    readonly fragmentName: Iso2FragmentName;
    readonly exiBase64: string;
    readonly sha256: string;
    readonly fields: unknown;
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../../golden/iso2.json', import.meta.url), 'utf8')) as Golden;

describe('the golden vectors', () => {
  it.each(golden.messages)(
    '$name decodes to its JSON form and encodes to its bytes',
    ({ exiBase64, message }) => {
      expect(messageToJson(decodeMessage(fromBase64(exiBase64)))).toEqual(message);
      expect(toBase64(encodeMessage(messageFromJson(message)))).toBe(exiBase64);
    },
  );

  it.each(golden.fragments)('fragment $fragmentName has its bytes and digest', (row) => {
    const octets = encodeFragment(row.fragmentName, fragmentFieldsFromJson(row.fragmentName, row.fields));
    expect(toBase64(octets)).toBe(row.exiBase64);
    expect(createHash('sha256').update(octets).digest('base64')).toBe(row.sha256);
  });

  it('cover every fragment', () => {
    expect(golden.fragments.map(({ fragmentName }) => fragmentName).sort()).toEqual(
      [...iso2FragmentNames].sort(),
    );
  });
});

describe('the eMAID fragment', () => {
  // Published as a known answer by implementers of the standard, in both forms.
  const emaid = { id: 'id4', value: 'DEABCC123ABC56' };

  it('has the relaxed form', () => {
    expect(Buffer.from(encodeFragment('eMAID', emaid)).toString('hex')).toBe(
      '80ec0202b4b21a40041111505090d0cc4c8cd05090cd4dbd3d00',
    );
  });

  it('has the strict form for comparison', () => {
    expect(Buffer.from(encodeFragment('eMAID(strict type, libcbv2g)', emaid)).toString('hex')).toBe(
      '80ec02b4b21a041111505090d0cc4c8cd05090cd4d9e80',
    );
  });
});
