import { endingWithin, type EndWindow } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { parseEmaid, parsePcid, wmiOf, type Pcid } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type { Contract, Namespace } from './contract.ts';
import {
  listedContracts,
  namedContracts,
  requireContractRights,
  visibleContracts,
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
  readonly expiringBefore?: Date | null | undefined;
  /** Milliseconds from now on. */
  readonly expiringWithin?: number | null | undefined;
  readonly isDefault?: boolean | null | undefined;
  readonly createdFrom?: Date | null | undefined;
  readonly createdBefore?: Date | null | undefined;
  readonly updatedFrom?: Date | null | undefined;
  readonly updatedBefore?: Date | null | undefined;
}

/** Which contracts are listed: identifiers in the form that they are stored in. */
export interface ContractQuery extends Omit<ContractFilter, 'emaid' | 'expiringWithin'> {
  readonly visible: ListedContracts;
  readonly emaidKeys: readonly string[] | undefined;
  readonly expiring: EndWindow | undefined;
  /** PCID of the car whose list this is; undefined for the pool's. */
  readonly ofCar: string | undefined;
}

/** A contract in a list. */
export interface ListedContract extends Contract {
  /** The earliest end among its signed data; null when it has none. */
  readonly endsAt: Date | null;
}

/** In which order. */
export interface ContractSorting {
  readonly by: 'createdAt' | 'updatedAt' | 'endsAt' | 'emaidKey';
  readonly descending: boolean;
}

/** In the place of an instant in the sort key of a contract without data, which is last in either direction. */
export const noEnd = 'none';

/** A stretch of a list: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface ContractPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind: its ordering instant (RFC 3339 or {@link noEnd}; none in the order of EMAIDs) and EMAID key. */
  readonly from: readonly string[] | undefined;
}

/** The pool's contracts, listed. */
export interface ContractList {
  /** One row more than the page's limit, when there is one. */
  page(query: ContractQuery, sorting: ContractSorting, page: ContractPage): Promise<ListedContract[]>;
  count(query: ContractQuery): Promise<number>;
}

/** Most contracts that a filter can name. */
const mostNamed = 100;

/**
 * What a caller's filter asks for, within what it may see of the whole pool.
 *
 * @throws ChargeGraphError BAD_INPUT naming the field, or FORBIDDEN
 */
export function contractQuery(
  caller: Caller,
  settings: RightsSettings,
  where: ContractFilter,
  now: Date,
): ContractQuery {
  const isNamed = where.emaid != null;
  requireContractRights(caller, settings, { isNamed });
  const visible = isNamed ? namedContracts(caller, settings) : listedContracts(caller);
  return { ...readFilter(where, now), visible, ofCar: undefined };
}

/**
 * The same within what it may see of one car's contracts.
 *
 * @throws ChargeGraphError BAD_INPUT naming the field
 */
export function carContractQuery(caller: Caller, car: Pcid, where: ContractFilter, now: Date): ContractQuery {
  const visible = visibleContracts(caller, wmiOf(car));
  return {
    ...readFilter(where, now),
    visible: visible === 'all' ? visible : { ...visible, wmis: [] },
    ofCar: car,
  };
}

function readFilter(
  { emaid, expiringWithin, ...where }: ContractFilter,
  now: Date,
): Omit<ContractQuery, 'visible' | 'ofCar'> {
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
    expiring: endingWithin(expiringWithin, now),
  };
}

const refuse = (field: string, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: ['where', field] });
