import type { Act } from '@chargegraph/audit';
import type { Certificate } from '@chargegraph/pki';
import type { Namespace } from './signer.ts';

/** What a signing is the same signing by. */
export interface SigningKey {
  /** The EMAID's identity form. */
  readonly emaidIdentity: string;
  readonly contractFingerprint: string;
  /** Of the car's provisioning certificate; empty when the data is for no known car. */
  readonly provisioningFingerprint: string;
  readonly namespace: Namespace;
  readonly v2gRootFingerprint: string;
}

/** What was signed. */
export interface SigningResult {
  readonly key: SigningKey;
  /** SHA-256 over everything else that was signed: sub-CAs, wrapped key, ephemeral public key. */
  readonly inputDigest: Uint8Array;
  /** The CertificateInstallationRes in EXI. */
  readonly exi: Uint8Array;
  readonly signerFingerprint: string;
  /** When the contract certificate ends; undefined of a result from before that was noted. */
  readonly contractNotAfter: Date | undefined;
  /** The same signed anew, while it is handed to the contract pool. */
  readonly next?: { readonly exi: Uint8Array; readonly signerFingerprint: string } | undefined;
  readonly createdAt: Date;
}

/** A contract certificate that one of our CAs issued. */
export interface IssuedContractCertificate {
  readonly certificate: Certificate;
  readonly caFingerprint: string;
  /** As the certificate spells it. */
  readonly emaid: string;
  readonly pcid: string;
}

/** Where results are kept, so that a retry gets the same octets. */
export interface SigningResultStore {
  find(key: SigningKey): Promise<SigningResult | undefined>;
  /**
   * Stores a result and returns it; but if one of the same key and input digest by one of `usableSigners`
   * (fingerprints) is there already, that one stays and is returned. What is stored, the audit records.
   */
  keep(result: SigningResult, usableSigners: readonly string[], act: Act): Promise<SigningResult>;
  /** Stores what was generated, result and certificate, and records it. */
  keepGenerated(result: SigningResult, issued: IssuedContractCertificate, act: Act): Promise<void>;
}
