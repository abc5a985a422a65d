import type { Act } from '@chargegraph/audit';
import type { Pcid } from '@chargegraph/iso15118';
import type { Certificate } from '@chargegraph/pki';
import type { ProvisioningFilter, ProvisioningOrder, ProvisioningPage } from './provisioning-list.ts';

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
  /**
   * Since when contract data is of use to the car: renewed by the first publication, a new key and a factory reset,
   * and never given twice. What was wrapped for the car under an earlier epoch has to go.
   */
  readonly epoch: bigint;
  readonly publishedAt: Date;
  /** When the content last changed, and with it the chain was last verified. */
  readonly updatedAt: Date;
}

/** The types of events in PCP's log. */
export type ProvisioningEventType =
  | 'PROVISIONING_CERTIFICATE_PUBLISHED'
  | 'PROVISIONING_CERTIFICATE_UPDATED'
  | 'PROVISIONING_CERTIFICATE_DELETED'
  | 'PROVISIONING_CERTIFICATE_FACTORY_RESET';

/** What an event tells, as of its moment; of a deletion and a factory reset, the certificate as it was. */
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
  /**
   * The row's epoch after the event, a decimal number; a deletion has a new one too. Contract data of this car and
   * generation that was wrapped under an earlier epoch has to go.
   */
  readonly epoch: string;
}

/** A change of one row of a car with the event that tells of it. */
export interface ProvisioningChange {
  readonly key: VehicleKey;
  /** The row as it is to be; undefined deletes it. */
  readonly after: Omit<ProvisioningCertificate, 'epoch'> | undefined;
  /** Contract data wrapped until now is of no use any more. The store gives the epoch, in row and event. */
  readonly renewsEpoch: boolean;
  readonly event: {
    readonly type: ProvisioningEventType;
    readonly facts: Omit<ProvisioningFacts, 'epoch'>;
    readonly occurredAt: Date;
  };
}

/** Who writes and by what, for the audit record. */
export interface Writing {
  readonly act: Act;
  /** The mutation's name. */
  readonly action: string;
}

/** Where the pool keeps its provisioning certificates. */
export interface ProvisioningStore {
  /** Reads by key, batched: look-ups of one turn are one query. */
  find(key: VehicleKey): Promise<ProvisioningCertificate | undefined>;
  /** Whether the car has a certificate of any generation. */
  exists(pcid: Pcid): Promise<boolean>;
  /**
   * Shows `decide` the car's rows, with every other change of that car kept out, and stores the changes it returns
   * together with their events.
   *
   * @param decide pure: it may be called more than once; what it throws undoes everything
   * @param writing recorded for each change, in the transaction that makes it
   * @returns the car's rows as they are afterwards
   */
  change(
    pcid: Pcid,
    decide: (stored: readonly ProvisioningCertificate[]) => readonly ProvisioningChange[],
    writing: Writing,
  ): Promise<readonly ProvisioningCertificate[]>;
  /** One row more than the page's limit, when there is one. */
  page(
    filter: ProvisioningFilter,
    order: ProvisioningOrder,
    page: ProvisioningPage,
  ): Promise<ProvisioningCertificate[]>;
  count(filter: ProvisioningFilter): Promise<number>;
}
