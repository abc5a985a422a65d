import type { Act } from '@chargegraph/audit';
import type { Contract, Namespace, SignedContractData } from './contract.ts';
import type { ContractChange } from './contract-event.ts';
import type { VisibleContracts } from './rights.ts';

/** A stretch of a car's contracts in the order they came in: up to `limit` rows behind `from`. */
export interface ContractPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind: when it came in (RFC 3339) and its EMAID key. */
  readonly from: readonly string[] | undefined;
}

/** A car's default contract with its variants of one generation. */
export interface DefaultContract {
  readonly contract: Contract;
  readonly variants: readonly SignedContractData[];
}

/** Where the pool keeps its contracts: reads. */
export interface ContractStore {
  find(emaidKey: string): Promise<Contract | undefined>;
  /** In the order of generation and V2G root. */
  signedData(emaidKey: string): Promise<SignedContractData[]>;
  /** EMAID key of the contract that the car is given in this generation. */
  defaultOf(pcid: string, namespace: Namespace): Promise<string | undefined>;
  /** All that answering an installation request takes, in one round trip. */
  findDefault(pcid: string, namespace: Namespace): Promise<DefaultContract | undefined>;
  /** One row more than the page's limit, when there is one. */
  page(pcid: string, visible: VisibleContracts, page: ContractPage): Promise<Contract[]>;
  count(pcid: string, visible: VisibleContracts): Promise<number>;
  /**
   * Runs `work` as one unit: all of it happens, or nothing. It may be run again after a conflict.
   *
   * @param by what the audit records of every change in it
   */
  transaction<T>(work: (tx: ContractTransaction) => Promise<T>, by: Doing): Promise<T>;
}

/** Who changes contracts, and by which of the pool's doings. */
export interface Doing {
  readonly act: Act;
  /** The mutation's name. */
  readonly action: string;
}

/** What can be done within one unit. A contract is locked, or was inserted, before anything of it changes. */
export interface ContractTransaction {
  /** Makes units that choose a default for this car wait for each other. */
  lockCar(pcid: string): Promise<void>;
  /** Reads a contract and keeps others from changing it. */
  lock(emaidKey: string): Promise<Contract | undefined>;
  /** Inserts a contract; false when there is one of this EMAID, after waiting for a unit that inserts it. */
  insert(contract: Contract): Promise<boolean>;
  /** Sets how the EMAID is spelt and when the contract last changed. */
  update(contract: Pick<Contract, 'emaidKey' | 'emaid' | 'updatedAt'>): Promise<void>;
  /** Deletes a contract with all that hangs on it. */
  remove(emaidKey: string): Promise<void>;
  /** In the order of generation and V2G root. */
  signedData(emaidKey: string): Promise<SignedContractData[]>;
  /** Inserts a variant, or overwrites the one of its generation and V2G root. */
  putSignedData(data: SignedContractData): Promise<void>;
  /** Deletes a contract's variants of one generation, and that it is the default in it. */
  removeSignedData(emaidKey: string, namespace: Namespace): Promise<void>;
  /** Whether the car has a contract with data of this generation. */
  hasContract(pcid: string, namespace: Namespace): Promise<boolean>;
  /** Makes the contract the car's default unless it has one. */
  makeDefault(pcid: string, namespace: Namespace, emaidKey: string): Promise<void>;
  /** Records what happened, for the event log and the audit, in this unit. */
  append(change: ContractChange): Promise<void>;
}
