import fc from 'fast-check';
import { GraphQLError, Kind, parseValue, type GraphQLScalarType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { scalarResolvers } from './scalars.ts';

type ScalarName = keyof typeof scalarResolvers;
const scalar = (name: ScalarName): GraphQLScalarType<unknown, string> => scalarResolvers[name];

function refusalOf(name: ScalarName, value: unknown): string {
  try {
    scalar(name).parseValue(value);
  } catch (error) {
    expect(error).toBeInstanceOf(GraphQLError);
    return (error as Error).message;
  }
  throw new Error(`${name} accepted ${JSON.stringify(value)}.`);
}

const rules: Readonly<Record<ScalarName, string>> = {
  DateTime: 'RFC 3339',
  Duration: 'must',
  Base64: 'must match',
  PEM: 'must not be empty',
  SHA256Fingerprint: '64 hexadecimal digits',
  PCID: 'must match "^[a-zA-Z0-9]{17,18}$"',
  EMAID: 'country code',
  WMI: 'must match "^[a-zA-Z0-9]{3}$"',
  SerialNumber: 'decimal integer',
  Cursor: 'as it was given',
};
const wrong: Readonly<Record<ScalarName, readonly string[]>> = {
  DateTime: [
    '',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-03-01 12:00:00Z',
    '2026-03-01T12:00Z',
    '26-03-01T12:00:00Z',
    '2026-03-01T12:00:00.Z',
    '2026-03-01T12:00:00.1234567890Z',
    '2026-03-01T12:00:00Z\n',
    '1772366400000',
  ],
  Duration: ['', 'P', 'PT', '30', 'P30', '30D', 'P1Y', 'P1M', 'PT0S', '-P1D', 'P36526D'],
  Base64: ['A', 'AA', 'AAA', 'A===', 'AA==AA==', 'AA-_', 'ä', 'AAAA.', '=AAA'],
  PEM: ['', ' \r\n\t'],
  SHA256Fingerprint: ['', 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64), ` ${'a'.repeat(64)}`],
  PCID: ['', 'WVWZZZ1JZ3W38675', 'WVWZZZ1JZ3W3867523X', 'WVWZZZ1JZ3W38675-'],
  EMAID: ['', 'DE8AA', '128AACA2B3C4D5', 'DE8AACA2B3C4D5É', `DE${'A'.repeat(35)}`],
  WMI: ['', 'WV', 'WVWZ', 'W-W', 'wv\u00df'],
  SerialNumber: ['', '0x10', '1.0', '1e3', '--1', '+1', ' 1', '1\n', '9'.repeat(51)],
  Cursor: ['', ' ', 'a b', 'a+b', 'a'.repeat(201), 'ä', 'a\u0000'],
};
const names = Object.keys(scalarResolvers) as ScalarName[];

describe.each(names)('%s', (name) => {
  it.each(wrong[name])('refuses %j, naming the rule', (text) => {
    const message = refusalOf(name, text);
    expect(message).toContain(name);
    expect(message).toContain(rules[name]);
    expect(() => scalar(name).parseLiteral({ kind: Kind.STRING, value: text }, {})).toThrow(rules[name]);
  });

  it.each([1, true, null, undefined, ['a'], { a: 1 }, 10n])('refuses %s, which is no string', (value) => {
    expect(refusalOf(name, value)).toBe(`${name} must be a string.`);
  });

  it.each(['1', 'true', 'null', 'ENUM', '["a"]', '{a: 1}', '$variable'])(
    'refuses %s written into a document',
    (text) => {
      expect(() => scalar(name).parseLiteral(parseValue(text), {})).toThrow(`${name} must be a string.`);
    },
  );

  it('refuses whatever is too long without looking at it', () => {
    expect(refusalOf(name, 'A'.repeat(256 * 1024 + 1))).toBe(`${name} is too long.`);
  });

  it('marks a refusal as bad input', () => {
    for (const text of wrong[name]) {
      expect(() => scalar(name).parseValue(text)).toThrow(
        expect.objectContaining({ extensions: { code: 'BAD_INPUT' } }) as Error,
      );
    }
  });

  it('refuses or reads any text, and what it reads it shows again in a form that it reads the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let read: unknown;
        try {
          read = scalar(name).parseValue(text);
        } catch (error) {
          expect(error).toBeInstanceOf(GraphQLError);
          return;
        }
        const shown = scalar(name).serialize(read);
        expect(shown).toBeTypeOf('string');
        expect(scalar(name).parseValue(shown)).toEqual(read);
      }),
    );
  });
});

describe('what a scalar accepts', () => {
  it('as an instant is every instant that it shows', () => {
    const instants = fc.date({
      min: new Date('0000-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instants, (instant) => {
        const shown = scalar('DateTime').serialize(instant);
        expect(shown).toBe(instant.toISOString());
        expect(scalar('DateTime').parseValue(shown)).toEqual(instant);
      }),
    );
  });

  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01t12:00:00z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00:00.5+01:30', '2026-03-01T10:30:00.500Z'],
    ['2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123Z'],
    ['2024-02-29T23:59:59-00:00', '2024-02-29T23:59:59.000Z'],
  ])('as an instant is %s, which is %s', (text, shown) => {
    expect(scalar('DateTime').serialize(scalar('DateTime').parseValue(text))).toBe(shown);
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+00:60',
    // Years that RFC 3339 cannot spell in UTC.
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
  ])('as an instant is not %s, which the calendar does not have', (text) => {
    expect(refusalOf('DateTime', text)).toBe('DateTime: is no instant of the calendar');
  });

  it('as octets is their base64, in one line or wrapped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (octets) => {
        const shown = scalar('Base64').serialize(octets);
        expect(shown).toBe(Buffer.from(octets).toString('base64'));
        const wrapped = shown.replace(/.{64}/g, '$&\r\n');
        expect(scalar('Base64').parseValue(shown)).toEqual(Buffer.from(octets));
        expect(scalar('Base64').parseValue(wrapped)).toEqual(Buffer.from(octets));
      }),
    );
  });

  it('as octets may be a part of a larger buffer', () => {
    const part = new Uint8Array(Buffer.from('0123456789').buffer.slice(0), 0, 0);
    expect(scalar('Base64').serialize(part)).toBe('');
    expect(scalar('Base64').serialize(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe('AgM=');
  });

  it.each(['PEM', 'Base64'] as const)('as %s may have 256 KiB and no more', (name) => {
    const longest = 'A'.repeat(256 * 1024);
    expect(() => scalar(name).parseValue(longest)).not.toThrow();
    expect(refusalOf(name, `${longest}AAAA`)).toContain('too long');
  });

  it('as a certificate is kept as it was sent', () => {
    const text = '-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n';
    expect(scalar('PEM').parseValue(text)).toBe(text);
  });

  it('as a fingerprint is lower case without colons', () => {
    const digits = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789abcdef')),
      minLength: 64,
      maxLength: 64,
    });
    fc.assert(
      fc.property(digits, (text) => {
        const spelled = (text.toUpperCase().match(/../g) ?? []).join(':');
        expect(scalar('SHA256Fingerprint').parseValue(spelled)).toBe(text);
        expect(scalar('SHA256Fingerprint').parseValue(text)).toBe(text);
      }),
    );
  });

  it('as a serial number is any integer of a certificate, exactly', () => {
    const most = (1n << 160n) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: -most, max: most }), (number) => {
        const shown = scalar('SerialNumber').serialize(number);
        expect(shown).toBe(number.toString());
        expect(scalar('SerialNumber').parseValue(shown)).toBe(number);
      }),
    );
  });

  it('as PCID or EMAID keeps its spelling, as WMI becomes upper case', () => {
    expect(scalar('PCID').parseValue('wvwzzz1jz3w386752')).toBe('wvwzzz1jz3w386752');
    expect(scalar('EMAID').parseValue('de-8aa-ca2b3c4d5-0')).toBe('de-8aa-ca2b3c4d5-0');
    expect(scalar('WMI').parseValue('wvw')).toBe('WVW');
  });
});

describe('what a scalar does not show', () => {
  it('is anything but a date as an instant, and anything but octets as base64', () => {
    expect(() => scalar('DateTime').serialize('2026-03-01T12:00:00Z')).toThrow(TypeError);
    expect(() => scalar('Base64').serialize('AAAA')).toThrow(TypeError);
  });
});
