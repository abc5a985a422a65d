import type { Caller } from '@chargegraph/identity';
import { parseEmaid, parsePcid } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type { Contract, Namespace } from './contract.ts';
import type { ContractPage } from './contract-store.ts';
import {
  listedContracts,
  namedContracts,
  requireContractRights,
  type ListedContracts,
  type RightsSettings,
} from './rights.ts';

/** `ContractFilter` of the schema. */
export interface ContractFilter {
  readonly pcid?: string | null | undefined;
  readonly emaid?: readonly string[] | null | undefined;
  readonly providerId?: string | null | undefined;
  readonly namespace?: Namespace | null | undefined;
  readonly v2gRoot?: string | null | undefined;
  readonly endsBefore?: Date | null | undefined;
  readonly isDefault?: boolean | null | undefined;
  readonly createdFrom?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
  readonly updatedFrom?: Date | null | undefined;
  readonly updatedBefore?: Date | null | undefined;
}

/** Which contracts are listed: identifiers in the form that they are stored in. */
export interface ContractQuery extends Omit<ContractFilter, 'emaid'> {
  readonly visible: ListedContracts;
  readonly emaidKeys: readonly string[] | undefined;
}

/** In which order. */
export interface ContractSorting {
  readonly by: 'createdAt' | 'updatedAt' | 'emaidKey';
  readonly descending: boolean;
}

/** The pool's contracts, listed. */
export interface ContractList {
  /** One row more than the page's limit, when there is one. */
  page(query: ContractQuery, sorting: ContractSorting, page: ContractPage): Promise<Contract[]>;
  count(query: ContractQuery): Promise<number>;
}

/** Most contracts that a filter can name. */
const mostNamed = 100;

/**
 * What a caller's filter asks for, within what it may see.
 *
 * @throws ChargeGraphError BAD_INPUT naming the field, or FORBIDDEN
 */
export function contractQuery(
  caller: Caller,
  settings: RightsSettings,
  { emaid, ...where }: ContractFilter,
): ContractQuery {
  requireContractRights(caller, settings, { isNamed: emaid != null });
  if ((emaid?.length ?? 0) > mostNamed) {
    throw refuse('emaid', `At most ${String(mostNamed)} contracts can be asked for.`);
  }
  const providerId = where.providerId?.toUpperCase();
  if (providerId !== undefined && !/^[A-Z]{2}[A-Z0-9]{3}$/.test(providerId)) {
    throw refuse('providerId', 'A provider id has two letters and three letters or digits.');
  }
  return {
    ...where,
    providerId,
    pcid: where.pcid == null ? undefined : parsePcid(where.pcid),
    emaidKeys: emaid?.map((each) => parseEmaid(each)),
    visible: emaid == null ? listedContracts(caller) : namedContracts(caller, settings),
  };
}

const refuse = (field: string, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: ['where', field] });
