import type { Act } from '@chargegraph/audit';
import type { Contract, Namespace, SignedContractData } from './contract.ts';
import type { ContractChange } from './contract-event.ts';
import type { DataEnds } from './data-ends.ts';
import type { RevocationRequest } from './revocation-request.ts';

/** Which of a contract's variants are meant: all that have what is given. */
export interface VariantFilter {
  readonly namespace?: Namespace | undefined;
  /** Fingerprint of the V2G root. */
  readonly v2gRoot?: string | undefined;
}

/** A contract with its variants of one generation. */
export interface ContractWithData {
  readonly contract: Contract;
  readonly variants: readonly SignedContractData[];
}

/** One of a car's contracts with its variants of one generation. */
export interface CarContract extends ContractWithData {
  /** Whether it is the car's default in that generation. */
  readonly isDefault: boolean;
}

/** Where the pool keeps its contracts: reads. */
export interface ContractStore {
  find(emaidKey: string): Promise<Contract | undefined>;
  /** Whether there is data of this contract in the generation and under the V2G root that are given. */
  hasVariant(emaidKey: string, variant: VariantFilter): Promise<boolean>;
  /** In the order of generation and V2G root. */
  signedData(emaidKey: string): Promise<SignedContractData[]>;
  /** The earliest end among a contract's signed data; undefined when it has none. */
  endOf(emaidKey: string): Promise<Date | undefined>;
  /** EMAID key of the contract that the car is given in this generation. */
  defaultOf(pcid: string, namespace: Namespace): Promise<string | undefined>;
  /** A car's default contract: all that answering a car of ISO 15118-2 takes, in one round trip. */
  findDefault(pcid: string, namespace: Namespace): Promise<ContractWithData | undefined>;
  /** A contract that has data of this generation, in one round trip. */
  findWithData(emaidKey: string, namespace: Namespace): Promise<ContractWithData | undefined>;
  /** A car's contracts that have data of this generation, in the order they came in, in one round trip. */
  carContracts(pcid: string, namespace: Namespace): Promise<CarContract[]>;
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

/** Signed data with the epoch of its car under which it was stored; 0 from before there were epochs. */
export interface StoredData extends SignedContractData {
  readonly epoch: bigint;
}

/** Data about to be stored, with what the pool looks for it by. */
export interface NewData extends StoredData, DataEnds {
  /** Whether our provisioning service hands it in. */
  readonly byOwnService: boolean;
}

/** That a contract's data was handed to the maker of its car. */
export interface Delivery {
  readonly contract: Contract;
  readonly data: SignedContractData;
  readonly clientId: string;
  readonly organisation: string;
  readonly deliveredAt: Date;
}

/** A contract certificate that signed data holds. */
export interface HeldCertificate {
  /** SHA-256. */
  readonly fingerprint: string;
  /** When it ends; undefined when that was not noted yet. */
  readonly notAfter: Date | undefined;
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
  signedData(emaidKey: string): Promise<StoredData[]>;
  /** Inserts a variant, or overwrites the one of its generation and V2G root with all that was noted of it. */
  putSignedData(data: NewData): Promise<void>;
  /** Deletes a contract's variants of one generation, and that it is the default in it. */
  removeSignedData(emaidKey: string, namespace: Namespace): Promise<void>;
  /** Whether the car has a contract with data of this generation, stored under this epoch or a later one. */
  hasContract(pcid: string, namespace: Namespace, epoch: bigint): Promise<boolean>;
  /** Makes the contract the car's default, in the place of any other; false when it is already. */
  setDefault(pcid: string, namespace: Namespace, emaidKey: string): Promise<boolean>;
  /**
   * Notes that PCP has come to this epoch for a car, which must be locked.
   *
   * @returns false, with nothing noted, when a later one is known, or that the car was gone in this one
   */
  reachEpoch(pcid: string, namespace: Namespace, epoch: bigint): Promise<boolean>;
  /** The contract certificates of a contract's data, each once. */
  contractCertificates(emaidKey: string): Promise<HeldCertificate[]>;
  /**
   * Asks that those of some certificates be revoked that no data holds any more, in this unit: nothing is removed
   * without its request. What was asked for before stays as it was.
   */
  requestRevocation(
    certificates: readonly HeldCertificate[],
    request: Pick<RevocationRequest, 'emaid' | 'cause' | 'requestedAt'>,
  ): Promise<void>;
  /** Notes a delivery. */
  deliver(delivery: Delivery): Promise<void>;
  /** Records what happened, for the event log and the audit, in this unit. */
  append(change: ContractChange): Promise<void>;
}
