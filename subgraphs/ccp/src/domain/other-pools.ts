import type { Caller } from '@chargegraph/identity';
import type { Certificate } from '@chargegraph/pki';
import type { TrustedRoots } from '@chargegraph/trust';
import type { Namespace } from './contract.ts';

/** A car as PCP knows it, with its chain. */
export interface Vehicle {
  /** As the provisioning certificate spells it. */
  readonly pcid: string;
  readonly certificate: Certificate;
  /** The one that issued the car's certificate first. */
  readonly subCas: readonly Certificate[];
  /** Key identifiers of the V2G roots installed in the car: hexadecimal octets joined by colons. */
  readonly installedRoots: readonly string[];
}

/** The same with what PCP tells services alone. */
export interface VehicleWithEpoch extends Vehicle {
  /** Contract data that is wrapped for the car now is stored under this epoch. */
  readonly epoch: bigint;
}

/** What the pool asks the other pools, with its own service identity unless said; never within a transaction. */
export interface OtherPools {
  /** The roots that RCP holds. */
  readonly roots: TrustedRoots;
  /** @param pcid in any case */
  vehicle(pcid: string, namespace: Namespace): Promise<VehicleWithEpoch | undefined>;
  /**
   * The same, asked with the rights that the caller has as a car maker and no others: PCP answers for a foreign car as
   * for one that it does not hold.
   */
  vehicleOfMaker(maker: Caller, pcid: string, namespace: Namespace): Promise<Vehicle | undefined>;
}
