import { hasAnyRole, ownsVehicle, type Caller } from '@chargegraph/identity';
import { wmiOf, type Pcid } from '@chargegraph/iso15118';

/** A car maker sees its own cars; whoever serves cars sees any, by PCID. */
export function maySee(caller: Caller, pcid: Pcid): boolean {
  return (
    owns(caller, pcid) || hasAnyRole(caller, ['MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPS', 'OPERATOR', 'SERVICE'])
  );
}

/** The car is one of the caller's make. */
export const owns = (caller: Caller, pcid: Pcid): boolean => ownsVehicle(caller, wmiOf(pcid));

/** A car maker deletes its own cars' certificates, the operator any. */
export const mayDelete = (caller: Caller, pcid: Pcid): boolean =>
  owns(caller, pcid) || caller.roles.has('OPERATOR');

/** A car maker hears of its own cars, operator and services of all. */
export const mayHear = (caller: Caller, wmi: string): boolean =>
  ownsVehicle(caller, wmi) || hasAnyRole(caller, ['OPERATOR', 'SERVICE']);

/** The WMIs whose cars the caller may list; undefined for all of them. */
export function listableWmis(caller: Caller): ReadonlySet<string> | undefined {
  if (caller.roles.has('OPERATOR')) return undefined;
  return caller.roles.has('OEM') ? caller.wmis : new Set();
}
