import { ownsVehicle, type Caller } from '@chargegraph/identity';
import { parseEmaid, parsePcid } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type { Contract } from './contract.ts';

/** A car and a contract as a car maker names them. */
export interface NamedContract {
  readonly emaid: string;
  readonly pcid: string;
}

/** A contract that is not there, or none of the caller's cars', or not that car's, or without such data: all the same. */
export const contractNotFound = () =>
  new ChargeGraphError('NOT_FOUND', 'The contract for the given EMAID not found.', { path: ['emaid'] });

/** Tells whether a contract is that of a car maker's own car, as the input names both. */
export function ownContract(
  caller: Caller,
  { emaid, pcid }: NamedContract,
): {
  readonly emaidKey: string;
  readonly pcidKey: string;
  /** @throws ChargeGraphError NOT_FOUND */
  require(contract: Contract | undefined): Contract;
} {
  const emaidKey = parseEmaid(emaid);
  const pcidKey = parsePcid(pcid);
  return {
    emaidKey,
    pcidKey,
    require: (contract) => {
      if (contract?.pcid === pcidKey && ownsVehicle(caller, contract.wmi)) return contract;
      throw contractNotFound();
    },
  };
}
