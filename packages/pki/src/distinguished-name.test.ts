import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDistinguishedName,
  parseDistinguishedName,
  sameDistinguishedName,
  type DistinguishedName,
} from './distinguished-name.ts';

const commonName = '2.5.4.3';

function valueOf(text: string): string | undefined {
  return parseDistinguishedName(text)?.[0]?.[0]?.value;
}

describe('parseDistinguishedName', () => {
  it('reads types by name in any case and by object identifier', () => {
    expect(parseDistinguishedName('cn=A, 2.5.4.10=B, OID.0.9.2342.19200300.100.1.25=V2G')).toEqual([
      [{ type: '2.5.4.3', value: 'A' }],
      [{ type: '2.5.4.10', value: 'B' }],
      [{ type: '0.9.2342.19200300.100.1.25', value: 'V2G' }],
    ]);
  });

  it('reads relative names with several attributes', () => {
    expect(parseDistinguishedName('OU=a + L=b,C=DE')).toEqual([
      [
        { type: '2.5.4.11', value: 'a' },
        { type: '2.5.4.7', value: 'b' },
      ],
      [{ type: '2.5.4.6', value: 'DE' }],
    ]);
  });

  it.each([
    ['CN=a\\,b', 'a,b'],
    ['CN=a\\2Cb', 'a,b'],
    ['CN=\\C3\\BCber', 'über'],
    ['CN="a, b = c"', 'a, b = c'],
    ['CN="say \\"hi\\""  ', 'say "hi"'],
    ['CN=\\ a\\ ', ' a '],
    ['CN= a b ', 'a b'],
    ['CN=', ''],
    ['CN=a=b', 'a=b'],
    ['CN=\\#a', '#a'],
    ['1.2.840.113549.1.9.1=#16056140622e63', 'a@b.c'],
    ['1.2.3.4=#0A01FF', '#0a01ff'],
    ['CN=𝒳', '𝒳'],
  ])('reads the value of %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it("turns OpenSSL's slash form round", () => {
    expect(parseDistinguishedName('/C=DE/O=x, y/CN=z')?.map(([first]) => first?.value)).toEqual([
      'z',
      'x, y',
      'DE',
    ]);
  });

  it.each([
    'CN',
    '=a',
    'CN=a,',
    'CN=a,,O=b',
    'CN="a',
    'CN="a"b',
    'CN=a\\',
    'CN=#',
    'CN=#1',
    '1..2=a',
    'a b=c',
  ])('refuses %s', (text) => {
    expect(parseDistinguishedName(text)).toBeUndefined();
  });

  it('refuses names of unreasonable length', () => {
    expect(parseDistinguishedName(`CN=${'a'.repeat(5000)}`)).toBeUndefined();
    expect(parseDistinguishedName(Array<string>(65).fill('CN=a').join(','))).toBeUndefined();
  });

  it('reads back whatever was formatted', () => {
    const attribute = fc.record({
      type: fc.constantFrom('2.5.4.3', '2.5.4.10', '1.2.840.113549.1.9.1', '1.2.3.4'),
      value: fc.string({ unit: fc.constantFrom(...Array.from(' \t\n\0,;+"\\<>#=/aZ0ü𝒳')), maxLength: 12 }),
    });
    const names = fc.array(fc.array(attribute, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(names, (name: DistinguishedName) => {
        expect(parseDistinguishedName(formatDistinguishedName(name))).toEqual(name);
      }),
    );
  });
});

describe('sameDistinguishedName', () => {
  it.each([
    ['CN=V2G Root,O=Demo,C=DE,DC=V2G', 'DC=V2G, C=DE, O=Demo, CN=V2G Root'],
    ['CN=V2G Root,O=Demo', '/O=Demo/CN=V2G Root'],
    ['CN=  V2G   root ', 'cn=V2G Root'],
    ['CN=ﬁve', 'CN=five'],
    ['CN=STRASSE', 'CN=straße'],
    ['CN=a\u00A0b', 'CN=a b'],
    ['CN=a\u00ADb', 'CN=ab'],
    ['emailAddress=A@b.c', '1.2.840.113549.1.9.1=#16056140622e63'],
    ['E=a@b.c', 'EMAILADDRESS=a@b.c'],
  ])('holds %s and %s for the same', (a, b) => {
    expect(sameDistinguishedName(a, b)).toBe(true);
  });

  it.each([
    ['CN=a', 'CN=b'],
    ['CN=a', 'O=a'],
    ['CN=a,OU=x', 'CN=a'],
    ['CN=a,OU=x,OU=x', 'CN=a,OU=x,OU=y'],
    ['OU=x,OU=x,OU=y', 'OU=x,OU=y,OU=y'],
    ['CN=ab', 'CN=a b'],
    ['CN=a\\,O=b', 'CN=a,O=b'],
    ['garbage', 'garbage'],
  ])('tells %s and %s apart', (a, b) => {
    expect(sameDistinguishedName(a, b)).toBe(false);
  });

  it('never throws, and is symmetric, on any text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('CN=', ',', '+', '\\', '"', '#', '/', ';', 'O=', '\uD800', '=', ' '),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(sameDistinguishedName(a, b)).toBe(sameDistinguishedName(b, a));
        expect(sameDistinguishedName(a, a)).toBe(parseDistinguishedName(a) !== undefined);
      }),
    );
  });

  it('does not depend on the order of attributes', () => {
    const attributes = fc.array(
      fc.record({ type: fc.constantFrom('CN', 'O', 'OU', 'DC'), value: fc.stringMatching(/^[a-z]{1,4}$/) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(attributes, fc.nat(), (list, turn) => {
        const texts = list.map(({ type, value }) => `${type}=${value}`);
        const at = turn % texts.length;
        const turned = [...texts.slice(at), ...texts.slice(0, at)].reverse();
        expect(sameDistinguishedName(texts.join(','), turned.join(', '))).toBe(true);
      }),
    );
  });

  it('knows the common name by its identifier', () => {
    expect(sameDistinguishedName(`${commonName}=a`, 'CN=A')).toBe(true);
  });
});
