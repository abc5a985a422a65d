import { serviceActingFor, serviceCaller, type Caller, type Role } from '@chargegraph/identity';

/** A caller with these roles, world manufacturer identifiers and provider ids. */
export const callerWith = (
  roles: readonly Role[],
  own: { readonly wmis?: readonly string[]; readonly providerIds?: readonly string[] } = {},
): Caller => ({
  clientId: 'test-client',
  organisation: 'Test',
  roles: new Set(roles),
  wmis: new Set(own.wmis),
  providerIds: new Set(own.providerIds),
});

export const mo = callerWith(['MO_EXTERNAL_PKI'], { providerIds: ['DEABC'] });
export const otherMo = callerWith(['MO_EXTERNAL_PKI'], { providerIds: ['DEXYZ'] });
export const oem = callerWith(['OEM'], { wmis: ['WCG'] });
export const otherOem = callerWith(['OEM'], { wmis: ['WXX'] });
export const cpo = callerWith(['CPO']);
export const cps = callerWith(['CPS']);
export const operator = callerWith(['OPERATOR']);
export const service = serviceCaller('test');
export const cpsForMo = serviceActingFor('cps', mo);
