import type { Role } from './roles.ts';

/** Whoever an operation is carried out for, with the rights that this gives: the only thing the rules look at. */
export interface Caller {
  /** The client, or the process for a service. */
  readonly clientId: string;
  /** The organisation the client belongs to; `chargegraph` for a service. */
  readonly organisation: string;
  readonly roles: ReadonlySet<Role>;
  /** World manufacturer identifiers of an OEM, upper case. */
  readonly wmis: ReadonlySet<string>;
  /** Provider ids of an MO, upper case, five characters. */
  readonly providerIds: ReadonlySet<string>;
}

/** True when the caller has at least one of `roles`. */
export function hasAnyRole(caller: Caller, roles: readonly Role[]): boolean {
  return roles.some((role) => caller.roles.has(role));
}

const isMobilityOperator = (caller: Caller) => hasAnyRole(caller, ['MO_EXTERNAL_PKI', 'MO_V2G_PKI']);

/** True when the caller is the car maker of the car: its WMI is one of the client's. */
export function ownsVehicle(caller: Caller, wmi: string): boolean {
  return caller.roles.has('OEM') && caller.wmis.has(wmi.toUpperCase());
}

/** True when the caller is the mobility operator of the contract, or a service that acts for it. */
export function ownsContract(caller: Caller, providerId: string): boolean {
  return (
    (isMobilityOperator(caller) || caller.roles.has('SERVICE')) &&
    caller.providerIds.has(providerId.toUpperCase())
  );
}

/** A service's own identity, without the rights of any partner. */
export function serviceCaller(process: string): Caller {
  return {
    clientId: process,
    organisation: 'chargegraph',
    roles: new Set<Role>(['SERVICE']),
    wmis: new Set(),
    providerIds: new Set(),
  };
}

/**
 * The identity with which a service makes the one write across pools: SERVICE, with the provider ids of the MO it
 * acts for and under that MO's client id.
 */
export function serviceActingFor(process: string, principal: Caller): Caller {
  return {
    clientId: `${process}:${principal.clientId}`,
    organisation: principal.organisation,
    roles: new Set<Role>(['SERVICE']),
    wmis: new Set(),
    providerIds: principal.providerIds,
  };
}

/** A key that is equal for callers with exactly the same rights, whoever they are. */
export function rightsKey(caller: Caller): string {
  const sorted = (values: ReadonlySet<string>) => [...values].sort();
  return JSON.stringify([sorted(caller.roles), sorted(caller.wmis), sorted(caller.providerIds)]);
}
