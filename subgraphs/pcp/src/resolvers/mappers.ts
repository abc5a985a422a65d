import type { SealedRecord } from '@chargegraph/audit';
import type {
  CertificateFields,
  CertificateRevocationFields,
  CertificateVerdictFields,
  Connection,
} from '@chargegraph/graph';
import type { ProvisioningEvent, ProvisioningEventStretch } from '../domain/provisioning-log.ts';
import type { ProvisioningCertificate } from '../domain/provisioning-certificate.ts';

/** What resolvers of `ProvisioningCertificate` are given. */
export type ProvisioningCertificateSource = ProvisioningCertificate;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `CertificateRevocation` are given. */
export type CertificateRevocationSource = CertificateRevocationFields;
/** What resolvers of `CertificateVerdict` are given. */
export type CertificateVerdictSource = CertificateVerdictFields;
/** What resolvers of `ProvisioningCertificateConnection` are given. */
export type ProvisioningCertificateConnectionSource = Connection<ProvisioningCertificate>;
/** What resolvers of `RootCertificate` are given. */
export interface RootCertificateSource {
  readonly id: string;
}
/** What resolvers of `ProvisioningCertificateEvent` are given. */
export type ProvisioningCertificateEventSource = ProvisioningEvent;
/** What resolvers of `ProvisioningCertificateEventLog` are given. */
export type ProvisioningCertificateEventLogSource = ProvisioningEventStretch;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
