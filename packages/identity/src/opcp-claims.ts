import type { Client } from './clients/client.ts';
import type { Role } from './roles.ts';

/** Roles that OPCP's tokens call otherwise. */
const opcpNames: Partial<Record<Role, string>> = { MO_V2G_PKI: 'MO_HUBJECT_PKI' };

/**
 * A client's rights as tokens of OPCP's first ecosystem tell them (its accessToken.v1.json holds one): under names with the
 * host before them, each a list in alphabetical order.
 *
 * @param prefix `https://{host}`, with or without a slash at its end
 */
export function opcpClaims({ name, caller }: Client, prefix: string): Record<string, string[]> {
  const host = prefix.replace(/\/+$/, '');
  return {
    [`${host}/role`]: [...caller.roles].map((role) => opcpNames[role] ?? role).sort(),
    [`${host}/pcid`]: [...caller.wmis].sort(),
    [`${host}/emaid`]: [...caller.providerIds].sort(),
    [`${host}/client_name`]: [name],
  };
}
