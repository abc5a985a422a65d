import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globalId, readGlobalId, type EntityType } from './global-id.ts';

const types = fc.constantFrom<EntityType>(
  'RootCertificate',
  'ProvisioningCertificate',
  'CpsSigner',
  'Contract',
);
const keys = fc.array(
  fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes(':')),
  { minLength: 1, maxLength: 3 },
);

describe('a global id', () => {
  it('is read back as the key that it was made of', () => {
    fc.assert(
      fc.property(types, keys, (type, key) => {
        expect(readGlobalId(type, globalId(type, ...key), key.length)).toEqual(key);
      }),
    );
  });

  it('is none of another type or of another number of parts', () => {
    fc.assert(
      fc.property(types, types, keys, (type, other, key) => {
        const id = globalId(type, ...key);
        if (type !== other) expect(readGlobalId(other, id, key.length)).toBeUndefined();
        expect(readGlobalId(type, id, key.length + 1)).toBeUndefined();
      }),
    );
  });

  it('is not read from anything else', () => {
    fc.assert(
      fc.property(
        types,
        fc.oneof(fc.string(), fc.base64String()),
        fc.integer({ min: 1, max: 3 }),
        (type, text, parts) => {
          const key = readGlobalId(type, text, parts);
          if (key !== undefined) expect(globalId(type, ...key)).toBe(text);
        },
      ),
    );
  });

  it.each([
    '',
    'Contract:DE8AA',
    Buffer.from('Contract').toString('base64url'),
    Buffer.from('contract:DE8AA').toString('base64url'),
    `${globalId('Contract', 'DE8AA')}=`,
    `${globalId('Contract', 'DE8AA')} `,
    Buffer.concat([Buffer.from('Contract:'), Buffer.from([0xff])]).toString('base64url'),
    globalId('Contract', 'A'.repeat(500)),
    globalId('Contract', 'DE8AA:DE8AB'),
  ])('is not read from %j', (id) => {
    expect(readGlobalId('Contract', id)).toBeUndefined();
  });
});
