import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emaidCheckDigit } from './emaid-check-digit.ts';
import { emaidParts, fitsIso2Emaid, parseEmaid, parseProviderId, providerIdOf } from './emaid.ts';
import { IdentifierError } from './error.ts';
import { ISO20_NAMESPACE, ISO2_NAMESPACE, parseNamespace } from './namespace.ts';
import { parsePcid, parseWmi, wmiOf } from './pcid.ts';

describe('PCID', () => {
  it('is 17 or 18 letters and digits, upper case when canonical, and begins with the WMI', () => {
    expect(parsePcid('wvwzzz1jz3w386752')).toBe('WVWZZZ1JZ3W386752');
    expect(parsePcid('HUBOpenProvCert001')).toBe('HUBOPENPROVCERT001');
    expect(wmiOf(parsePcid('wvwzzz1jz3w386752'))).toBe('WVW');
  });

  it.each([
    '',
    'WVWZZZ1JZ3W38675',
    'WVWZZZ1JZ3W38675234',
    'WVWZZZ1JZ3W38675-',
    'WVWZZZ1JZ3W38675é',
    'WVWZZZ1JZ3W386752\n',
  ])('refuses %j naming the rule', (text) => {
    expect(() => parsePcid(text)).toThrow('pcid : must match "^[a-zA-Z0-9]{17,18}$"');
  });

  it('has a WMI of three letters or digits', () => {
    expect(parseWmi('wv1')).toBe('WV1');
    expect(() => parseWmi('WV')).toThrow('wmi : ');
  });
});

describe('EMAID', () => {
  it.each([
    ['DE83DUIEN83QGZ', 'DE83DUIEN83QGZ'],
    ['DE83DUIEN83QGZD', 'DE83DUIEN83QGZ'],
    ['de-83d-uien83qgz-d', 'DE83DUIEN83QGZ'],
    ['DE-8AA-CA2B3C4D5-0', 'DE8AACA2B3C4D5'],
    ['DE8AA0123456789ABCDEF', 'DE8AA0123456789ABCDEF'],
  ])('%s has the identity %s', (text, identity) => {
    expect(parseEmaid(text)).toBe(identity);
  });

  it('begins with the provider id', () => {
    expect(providerIdOf(parseEmaid('de-83d-uien83qgz'))).toBe('DE83D');
    expect(parseProviderId('de-83d')).toBe('DE83D');
    expect(() => parseProviderId('D183D')).toThrow(IdentifierError);
  });

  it('keeps the check digit in its spelling and tells whether it is right', () => {
    expect(emaidParts('de-83d-uien83qgz-d')).toEqual({
      identity: 'DE83DUIEN83QGZ',
      spelling: 'DE83DUIEN83QGZD',
      checkDigit: 'D',
      checkDigitValid: true,
    });
    expect(emaidParts('DE83DUIEN83QGZ0').checkDigitValid).toBe(false);
    expect(emaidParts('DE83DUIEN83QGZ')).toEqual({
      identity: 'DE83DUIEN83QGZ',
      spelling: 'DE83DUIEN83QGZ',
      checkDigitValid: true,
    });
  });

  it.each([
    '',
    '0',
    'DE83DUIEN83QG',
    '1E83DUIEN83QGZ',
    'DE83DUIEN83QG_',
    'DE83DUIEN83QGı',
    `DE${'1'.repeat(35)}`,
    '-'.repeat(1000),
  ])('refuses %j', (text) => {
    expect(() => parseEmaid(text)).toThrow(IdentifierError);
  });

  it('fits the -2 schema in one spelling only', () => {
    expect(fitsIso2Emaid('DE83DUIEN83QGZ')).toBe(true);
    expect(fitsIso2Emaid('DE83DUIEN83QGZD')).toBe(true);
    expect(fitsIso2Emaid('DE-83D-UIEN83QGZ')).toBe(false);
    expect(fitsIso2Emaid('de83duien83qgz')).toBe(false);
    expect(fitsIso2Emaid('DE83DUIEN83QGZD1')).toBe(false);
  });
});

describe('the check digit of an EMAID', () => {
  // Published examples that several implementations of the annex agree on.
  it.each([
    ['NN123ABCDEFGHI', 'T'],
    ['FRXYZ123456789', '2'],
    ['ITA1B2C3E4F5G6', '4'],
    ['ESZU8WOX834H1D', 'R'],
    ['PT73902837ABCZ', 'Z'],
    ['DE83DUIEN83QGZ', 'D'],
    ['DE83DUIEN83ZGQ', 'M'],
    ['DE8AA001234567', '0'],
    ['NLTNM000122045', 'U'],
    ['NLTNM000722345', 'X'],
    ['NLTNMC00122045', 'K'],
  ])('of %s is %s', (identity, digit) => {
    expect(emaidCheckDigit(identity)).toBe(digit);
  });

  it('changes with every single character and with every swap of neighbours that differ', () => {
    const character = fc.constantFrom(...Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Z0-9]{14}$/),
        fc.nat({ max: 13 }),
        character,
        (identity, at, other) => {
          const digit = emaidCheckDigit(identity);
          fc.pre(identity.charAt(at) !== other);
          expect(emaidCheckDigit(identity.slice(0, at) + other + identity.slice(at + 1))).not.toBe(digit);
          const [a, b] = [identity.charAt(at), identity.charAt(at + 1)];
          if (at < 13 && a !== b) {
            expect(emaidCheckDigit(identity.slice(0, at) + b + a + identity.slice(at + 2))).not.toBe(digit);
          }
        },
      ),
    );
  });

  it('is only for 14 characters', () => {
    expect(() => emaidCheckDigit('DE83DUIEN83QGZD')).toThrow(IdentifierError);
  });
});

describe('namespaces', () => {
  it('knows -2, and -20 in all its spellings as one', () => {
    expect(parseNamespace('urn:iso:15118:2:2013:MsgDef')).toBe(ISO2_NAMESPACE);
    for (const text of [ISO20_NAMESPACE, 'urn:iso:15118:20:2020:MsgDef', 'urn:iso:15118:20:2022:MsgDef']) {
      expect(parseNamespace(text)).toBe(ISO20_NAMESPACE);
    }
    expect(() => parseNamespace('urn:din:70121:2012:MsgDef')).toThrow('namespace : must be one of ');
  });
});
