/** The normalised roles. A client has a set of them; its rights are their union. */
export const partnerRoles = ['OEM', 'MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPO', 'CPS', 'OPERATOR'] as const;

/** A role that a partner's client can have. */
export type PartnerRole = (typeof partnerRoles)[number];

/** A normalised role; `SERVICE` is for the ecosystem's own processes and is never given to a partner. */
export type Role = PartnerRole | 'SERVICE';

const aliases: Readonly<Record<string, readonly PartnerRole[]>> = {
  MO: ['MO_EXTERNAL_PKI', 'MO_V2G_PKI'],
  MO_HUBJECT_PKI: ['MO_V2G_PKI'],
};

const isPartnerRole = (name: string): name is PartnerRole =>
  (partnerRoles as readonly string[]).includes(name);

/**
 * Maps role names as clients are given them (OPCP's among them: `MO`, `MO_HUBJECT_PKI`) to normalised roles.
 * Unknown names are ignored.
 */
export function normaliseRoles(names: readonly string[]): Set<PartnerRole> {
  const roles = new Set<PartnerRole>();
  for (const name of names) {
    if (isPartnerRole(name)) roles.add(name);
    for (const role of (Object.hasOwn(aliases, name) ? aliases[name] : undefined) ?? []) roles.add(role);
  }
  return roles;
}
