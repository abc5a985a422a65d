import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasAnyRole,
  ownsContract,
  ownsVehicle,
  rightsKey,
  serviceActingFor,
  serviceCaller,
} from './caller.ts';
import { callerWith } from './identity.fixture.ts';
import { partnerRoles } from './roles.ts';

describe('a caller', () => {
  it('has any of some roles when it has one of them', () => {
    const caller = callerWith(['CPO', 'CPS']);
    expect(hasAnyRole(caller, ['OEM', 'CPS'])).toBe(true);
    expect(hasAnyRole(caller, ['OEM', 'OPERATOR'])).toBe(false);
    expect(hasAnyRole(caller, [])).toBe(false);
  });

  it('owns the cars of its WMIs as an OEM only', () => {
    const rights = { wmis: ['WVW'], providerIds: ['DE8AA'] };
    expect(ownsVehicle(callerWith(['OEM'], rights), 'WVW')).toBe(true);
    expect(ownsVehicle(callerWith(['OEM'], rights), 'wvw')).toBe(true);
    expect(ownsVehicle(callerWith(['OEM'], rights), 'WBA')).toBe(false);
    const others = partnerRoles.filter((role) => role !== 'OEM');
    expect(ownsVehicle(callerWith([...others, 'SERVICE'], rights), 'WVW')).toBe(false);
  });

  it('owns the contracts of its provider ids as an MO, or as a service that acts for one', () => {
    const rights = { wmis: ['WVW'], providerIds: ['DE8AA'] };
    for (const role of ['MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'SERVICE'] as const) {
      expect(ownsContract(callerWith([role], rights), 'DE8AA')).toBe(true);
      expect(ownsContract(callerWith([role], rights), 'de8aa')).toBe(true);
      expect(ownsContract(callerWith([role], rights), 'DE8AB')).toBe(false);
    }
    expect(ownsContract(callerWith(['OEM', 'CPO', 'CPS', 'OPERATOR'], rights), 'DE8AA')).toBe(false);
  });

  it('that is a service owns nothing of its own', () => {
    const service = serviceCaller('gateway');
    expect(hasAnyRole(service, partnerRoles)).toBe(false);
    expect(service).toMatchObject({ clientId: 'gateway', organisation: 'chargegraph' });
    expect(ownsVehicle(service, 'WVW')).toBe(false);
    expect(ownsContract(service, 'DE8AA')).toBe(false);
  });

  it('that is a service acting for an MO owns that MO’s contracts and no cars, and names both', () => {
    const principal = callerWith(['MO_EXTERNAL_PKI', 'OEM'], {
      clientId: 'mo-1',
      wmis: ['WVW'],
      providerIds: ['DE8AA'],
    });
    const acting = serviceActingFor('cps', principal);
    expect(acting).toMatchObject({ clientId: 'cps:mo-1', organisation: 'Test' });
    expect([...acting.roles]).toEqual(['SERVICE']);
    expect(ownsContract(acting, 'DE8AA')).toBe(true);
    expect(ownsVehicle(acting, 'WVW')).toBe(false);
  });
});

describe('the key of rights', () => {
  it('is equal for callers with exactly the same rights and for no others', () => {
    const values = fc.uniqueArray(fc.oneof(fc.constantFrom('A', 'B', 'A,B', 'A|B', '', '"'), fc.string()), {
      maxLength: 3,
    });
    const rights = fc.record({
      roles: fc.uniqueArray(fc.constantFrom(...partnerRoles, 'SERVICE' as const), { maxLength: 3 }),
      wmis: values,
      providerIds: values,
    });
    fc.assert(
      fc.property(rights, rights, (one, other) => {
        const sorted = (each: typeof one) =>
          [each.roles, each.wmis, each.providerIds].map((set) => [...set].sort());
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        const key = (each: typeof one, clientId: string) =>
          rightsKey(callerWith(each.roles, { ...each, clientId }));
        expect(key(one, 'one') === key(other, 'other')).toBe(same);
        const reversed = {
          roles: one.roles.toReversed(),
          wmis: one.wmis.toReversed(),
          providerIds: one.providerIds.toReversed(),
        };
        expect(key(reversed, 'other')).toBe(key(one, 'one'));
      }),
      {
        examples: [
          [
            { roles: [], wmis: ['A', 'B'], providerIds: [] },
            { roles: [], wmis: ['A,B'], providerIds: [] },
          ],
          [
            { roles: [], wmis: ['A|B'], providerIds: [] },
            { roles: [], wmis: ['A'], providerIds: ['B|'] },
          ],
        ],
      },
    );
  });

  it('tells a WMI from a provider id', () => {
    expect(rightsKey(callerWith([], { wmis: ['A'] }))).not.toBe(
      rightsKey(callerWith([], { providerIds: ['A'] })),
    );
  });
});
