/** The generation of ISO 15118, as the schema names it. */
export type Namespace = 'ISO15118_2' | 'ISO15118_20';

/** A contract for charging: one EMAID. */
export interface Contract {
  /** The EMAID's identity: no hyphens, upper case, no check digit. Contracts are told apart by it. */
  readonly emaidKey: string;
  /** The EMAID as it was signed. */
  readonly emaid: string;
  /** The car it is for, upper case. */
  readonly pcid: string;
  /** The car as its provisioning certificate spells it. */
  readonly pcidShown: string;
  /** The car maker's code, the PCID's first three characters, upper case. */
  readonly wmi: string;
  /** The mobility operator's code, the EMAID's first five characters, upper case. */
  readonly providerId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A root certificate as a car names it in its list (X509IssuerSerialType, ISO 15118-2 clause 8.5.2.29). */
export interface NamedRoot {
  /** SHA-256 of the DER octets, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** RFC 4514. */
  readonly subject: string;
  readonly serialNumber: bigint;
}

/** What a car is given for a contract: a variant per generation and V2G root of the provisioning service. */
export interface SignedContractData {
  readonly emaidKey: string;
  readonly namespace: Namespace;
  /** The root that the provisioning service's chain ends at. */
  readonly v2gRoot: NamedRoot;
  /** Fingerprint of the MO or V2G root that the contract's chain ends at. */
  readonly contractRootFingerprint: string;
  /** Fingerprint of the contract certificate. */
  readonly contractFingerprint: string;
  /** When the last certificate of both chains, roots included, begins to be valid. */
  readonly beginsAt: Date;
  /** When the first certificate of both chains, roots included, ends. */
  readonly endsAt: Date;
  /** The whole CertificateInstallationRes in EXI, as it was signed, with the session id `00`. */
  readonly exi: Uint8Array;
  readonly storedAt: Date;
}
