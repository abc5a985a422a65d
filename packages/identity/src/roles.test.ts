import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseRoles, partnerRoles } from './roles.ts';

describe('role names', () => {
  it.each([
    [['OEM'], ['OEM']],
    [['MO'], ['MO_EXTERNAL_PKI', 'MO_V2G_PKI']],
    [['MO_HUBJECT_PKI'], ['MO_V2G_PKI']],
    [
      ['MO', 'MO_V2G_PKI', 'OEM', 'OEM'],
      ['MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'OEM'],
    ],
    [
      ['CPO', 'CPS', 'OPERATOR'],
      ['CPO', 'CPS', 'OPERATOR'],
    ],
    [[], []],
  ])('%j give the roles %j', (names, roles) => {
    expect([...normaliseRoles(names)].sort()).toEqual([...roles].sort());
  });

  it.each(['oem', ' OEM', 'ADMIN', '', 'SERVICE', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'ignores %j',
    (name) => {
      expect(normaliseRoles([name]).size).toBe(0);
    },
  );

  it('give nothing but the roles of a partner, and each name what it gives alone', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(...partnerRoles, 'MO', 'MO_HUBJECT_PKI', 'SERVICE', '__proto__', 'valueOf'),
    );
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const roles = normaliseRoles(names);
        for (const role of roles) expect(partnerRoles).toContain(role);
        expect([...roles].sort()).toEqual(
          [...new Set(names.flatMap((each) => [...normaliseRoles([each])]))].sort(),
        );
      }),
    );
  });
});
