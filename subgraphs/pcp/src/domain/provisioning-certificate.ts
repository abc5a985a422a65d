import type { Act } from '@chargegraph/audit';
import type { Pcid } from '@chargegraph/iso15118';
import type { Certificate } from '@chargegraph/pki';

/** The generation of ISO 15118 that a certificate belongs to. */
export const namespaces = ['ISO15118_2', 'ISO15118_20'] as const;

/** One of {@link namespaces}. */
export type Namespace = (typeof namespaces)[number];

/** A car may hold one provisioning certificate per generation of the standard. */
export interface VehicleKey {
  /** In canonical form. */
  readonly pcid: Pcid;
  readonly namespace: Namespace;
}

/** What a car maker publishes, once it is accepted: the same content again changes nothing. */
export interface ProvisioningContent {
  /** The car's certificate; its common name is the PCID as it is spelt. */
  readonly leaf: Certificate;
  /** The sub-CAs, the one that issued the car's certificate first. */
  readonly subCas: readonly Certificate[];
  /** The root of RCP that the chain was verified up to. */
  readonly root: Certificate;
  /** Of the V2G roots installed in the car: upper-case hexadecimal octets joined by colons. */
  readonly v2gRootKeyIdentifiers: readonly string[];
  /** The id that the car had before, as its maker gave it. */
  readonly previousPcid: string | undefined;
}

/** A car's provisioning certificate as the pool holds it. */
export interface ProvisioningCertificate extends VehicleKey, ProvisioningContent {
  /** In what the chain departs from the certificate profile without being refused, one sentence each. */
  readonly warnings: readonly string[];
  readonly publishedAt: Date;
  /** When the content last changed, and with it the chain was last verified. */
  readonly updatedAt: Date;
}

/** The types of events in PCP's log that publishing makes. */
export type ProvisioningEventType = 'PROVISIONING_CERTIFICATE_PUBLISHED' | 'PROVISIONING_CERTIFICATE_UPDATED';

/** What an event tells, as of its moment. */
export interface ProvisioningFacts {
  /** In canonical form. */
  readonly pcid: string;
  /** The PCID as the certificate spells it. */
  readonly commonName: string;
  readonly wmi: string;
  readonly namespace: Namespace;
  /** SHA-256 of the car's certificate. */
  readonly fingerprint: string;
  /** That of the certificate it replaces; null when there was none. */
  readonly previousFingerprint: string | null;
  /** The car has another key than before: contracts that were wrapped for the old one are of no use to it. */
  readonly keyChanged: boolean;
  /** End of the car's certificate, RFC 3339. */
  readonly notAfter: string;
}

/** A change of one row with the event that tells of it. */
export interface ProvisioningChange {
  readonly certificate: ProvisioningCertificate;
  readonly event: { readonly type: ProvisioningEventType; readonly facts: ProvisioningFacts };
}

/** Where the pool keeps its provisioning certificates. */
export interface ProvisioningStore {
  /** Reads by key, batched: look-ups of one turn are one query. */
  find(key: VehicleKey): Promise<ProvisioningCertificate | undefined>;
  /** Whether the car has a certificate of any generation. */
  exists(pcid: Pcid): Promise<boolean>;
  /**
   * Shows `decide` the row, locked, and stores the change it returns together with its event and audit record.
   *
   * @param decide pure: it may be called more than once; undefined changes nothing
   * @returns the row as it is afterwards
   */
  change(
    key: VehicleKey,
    decide: (stored: ProvisioningCertificate | undefined) => ProvisioningChange | undefined,
    by: { readonly act: Act; readonly action: string },
  ): Promise<ProvisioningCertificate | undefined>;
}
