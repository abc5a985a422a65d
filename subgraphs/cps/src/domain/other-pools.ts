import type { Certificate } from '@chargegraph/pki';
import type { ErrorCode } from '@chargegraph/service';
import type { TrustedRoots } from '@chargegraph/trust';
import type { Judge } from './not-revoked.ts';
import type { Namespace } from './signer.ts';

/** What signing needs to know of a car. */
export interface Vehicle {
  /** Its provisioning certificate. */
  readonly certificate: Certificate;
  /** Since when contract data is of use to the car: a decimal number. */
  readonly contractEpoch: string;
  /** Of the V2G roots installed in it, as the pool shows them: hexadecimal octets joined by colons. */
  readonly v2gRootKeyIdentifiers: readonly string[];
}

/** A contract as the contract pool holds it. */
export interface HeldContract {
  /** The car. */
  readonly pcid: string;
  /** Its signed data, one per generation and V2G root: CertificateInstallationRes in EXI. */
  readonly signedData: readonly { readonly namespace: Namespace; readonly exi: Uint8Array }[];
}

/** A refusal of the contract pool. */
export interface PublishRefusal {
  readonly message: string;
  /** From that mutation's arguments. */
  readonly path: readonly string[] | undefined;
  readonly code: ErrorCode;
}

/** What became of handing signed data to the contract pool: the contract's global id, or why it was refused. */
export type PublishOutcome =
  { readonly contractId: string } | { readonly refusals: readonly PublishRefusal[] };

/**
 * The other pools, and the CAs of certificates, asked on behalf of one operation; never inside an open transaction.
 *
 * All methods that ask pools reject with ChargeGraphError UNAVAILABLE when a pool does not answer.
 */
export interface OtherPools {
  /** The roots that the root pool holds. */
  readonly roots: TrustedRoots;
  /** What is known of the service's certificates' revocation, and found out within the operation. */
  readonly revocation: Judge;
  /** The car's provisioning certificate of that namespace; undefined when the pool has none. */
  vehicle(pcid: string, namespace: Namespace): Promise<Vehicle | undefined>;
  /** The contract of that EMAID; undefined when the contract pool has none. */
  heldContract(emaid: string): Promise<HeldContract | undefined>;
  /**
   * Hands a signed CertificateInstallationRes to the contract pool, for the operation's caller.
   *
   * @param condition.replaces SHA-256 of the data that the pool must hold for this to take its place; without it
   *   whatever is there is replaced
   * @param condition.contractEpoch the car's for which the data was made: the pool refuses it (CONFLICT) when the car has
   *   another one by now
   */
  publishContract(
    signedContractData: Uint8Array,
    pcid: string,
    condition: { readonly replaces: Uint8Array } | { readonly contractEpoch: string },
  ): Promise<PublishOutcome>;
}
