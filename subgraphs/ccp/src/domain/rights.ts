import type { JsonObject } from '@chargegraph/events';
import { hasAnyRole, ownsContract, ownsVehicle, type Caller } from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';

/** What decides who may see a contract or an event about it. */
export interface ContractOwners {
  readonly wmi: string;
  readonly providerId: string;
}

/** Which of a car's contracts a caller may see: all, or those of some mobility operators (none for no id). */
export type VisibleContracts = 'all' | { readonly providerIds: readonly string[] };

const seesAll = (caller: Caller) => hasAnyRole(caller, ['OPERATOR', 'SERVICE']);

/** A car maker sees the contracts of its cars, a mobility operator its own, operator and services all. */
export function maySee(caller: Caller, { wmi, providerId }: ContractOwners): boolean {
  return seesAll(caller) || ownsVehicle(caller, wmi) || ownsContract(caller, providerId);
}

/** The same rule for all contracts of one car. */
export function visibleContracts(caller: Caller, wmi: string): VisibleContracts {
  if (seesAll(caller) || ownsVehicle(caller, wmi)) return 'all';
  return { providerIds: [...caller.providerIds].filter((id) => ownsContract(caller, id)) };
}

/** Which contracts of the whole pool a caller may see: all, or those of its cars and of its own provider ids. */
export type ListedContracts =
  'all' | { readonly wmis: readonly string[]; readonly providerIds: readonly string[] };

/** The same rule for the whole pool. */
export function listedContracts(caller: Caller): ListedContracts {
  if (seesAll(caller)) return 'all';
  return {
    wmis: [...caller.wmis].filter((wmi) => ownsVehicle(caller, wmi)),
    providerIds: [...caller.providerIds].filter((id) => ownsContract(caller, id)),
  };
}

/** What the installation decides about rights. */
export interface RightsSettings {
  /** Whether charge point operators may look up contracts that they name. */
  readonly cpoContractLookup: boolean;
}

const mayLookUpAny = (caller: Caller, { cpoContractLookup }: RightsSettings) =>
  cpoContractLookup && caller.roles.has('CPO');

/** Whether the caller may see a contract that it named. */
export function mayLookUp(caller: Caller, contract: ContractOwners, settings: RightsSettings): boolean {
  return maySee(caller, contract) || mayLookUpAny(caller, settings);
}

/** {@link listedContracts} among contracts that the caller named. */
export function namedContracts(caller: Caller, settings: RightsSettings): ListedContracts {
  return mayLookUpAny(caller, settings) ? 'all' : listedContracts(caller);
}

/**
 * Refuses who could see no contract whatever it named or asked for: a charge point operator where the installation
 * does not let it look contracts up.
 *
 * @param isNamed whether the caller names the contracts
 * @throws ChargeGraphError FORBIDDEN
 */
export function requireContractRights(
  caller: Caller,
  settings: RightsSettings,
  { isNamed }: { readonly isNamed: boolean },
): void {
  if (hasAnyRole(caller, ['OEM', 'MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'OPERATOR', 'SERVICE'])) return;
  if (!mayLookUpAny(caller, settings)) {
    throw new ChargeGraphError(
      'FORBIDDEN',
      'This installation does not let charge point operators look up contracts.',
    );
  }
  if (!isNamed) {
    throw new ChargeGraphError('FORBIDDEN', 'A charge point operator has to name the contracts.', {
      path: ['where', 'emaid'],
    });
  }
}

/** What decides who may see an event of the log. */
export interface EventOwners {
  readonly wmi?: string | undefined;
  readonly providerId?: string | undefined;
  /** Of an event that tests a consumer: the client it belongs to. */
  readonly clientId?: string | undefined;
}

/** The same of an event's facts as the log holds them. */
export function eventOwners({ wmi, providerId, clientId }: JsonObject): EventOwners {
  return {
    ...(typeof wmi === 'string' && { wmi }),
    ...(typeof providerId === 'string' && { providerId }),
    ...(typeof clientId === 'string' && { clientId }),
  };
}

/**
 * The `OEM_` events of the log are for the maker of the car, the `MO_` ones for the contract's mobility operator, one that
 * tests a consumer for the client it belongs to; operator and services see all.
 */
export function maySeeEvent(
  caller: Caller,
  type: string,
  { wmi, providerId, clientId }: EventOwners,
): boolean {
  if (seesAll(caller)) return true;
  if (type === 'TEST') return clientId !== undefined && clientId === caller.clientId;
  if (type.startsWith('OEM_')) return wmi !== undefined && ownsVehicle(caller, wmi);
  return type.startsWith('MO_') && providerId !== undefined && ownsContract(caller, providerId);
}

/** A mobility operator deletes its own contracts, the operator any. */
export function mayDelete(caller: Caller, { providerId }: ContractOwners): boolean {
  return caller.roles.has('OPERATOR') || ownsContract(caller, providerId);
}

/**
 * A mobility operator, or a service for it, adds contracts with its own provider ids; a provisioning service any.
 *
 * @throws ChargeGraphError FORBIDDEN
 */
export function requireMayPublish(caller: Caller, providerId: string): void {
  if (caller.roles.has('CPS') || ownsContract(caller, providerId)) return;
  throw new ChargeGraphError('FORBIDDEN', `The provider id ${providerId} is not one of yours.`);
}
