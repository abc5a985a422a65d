import type { Certificate } from '@chargegraph/pki';
import type { ErrorCode } from '@chargegraph/service';
import type { Namespace } from './signer.ts';

/** Purposes of roots that this service verifies chains against. */
export type AnchorType = 'V2G' | 'MO';

/** A root certificate that the root pool holds. */
export interface TrustAnchor {
  readonly type: AnchorType;
  readonly certificate: Certificate;
}

/** What signing needs to know of a car. */
export interface Vehicle {
  /** Its provisioning certificate. */
  readonly certificate: Certificate;
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
 * The other pools, asked on behalf of one operation; never inside an open transaction.
 *
 * All methods reject with ChargeGraphError UNAVAILABLE when a pool does not answer.
 */
export interface OtherPools {
  /** All roots of these types, from the root pool. */
  trustAnchors(types: readonly AnchorType[]): Promise<TrustAnchor[]>;
  /** The car's provisioning certificate of that namespace; undefined when the pool has none. */
  vehicle(pcid: string, namespace: Namespace): Promise<Vehicle | undefined>;
  /** The contract of that EMAID; undefined when the contract pool has none. */
  heldContract(emaid: string): Promise<HeldContract | undefined>;
  /**
   * Hands a signed CertificateInstallationRes to the contract pool, for the operation's caller.
   *
   * @param replaces SHA-256 of the data that the pool must hold for this to take its place; without it whatever is
   *   there is replaced
   */
  publishContract(
    signedContractData: Uint8Array,
    pcid: string,
    replaces?: Uint8Array,
  ): Promise<PublishOutcome>;
}
