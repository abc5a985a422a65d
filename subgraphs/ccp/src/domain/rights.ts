import { ChargeGraphError } from '@chargegraph/service';
import { hasAnyRole, ownsContract, ownsVehicle, type Caller } from '@chargegraph/identity';

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

/** The events of the log are the car makers'; operator and services see all. */
export function maySeeEvent(caller: Caller, wmi: string): boolean {
  return seesAll(caller) || ownsVehicle(caller, wmi);
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
