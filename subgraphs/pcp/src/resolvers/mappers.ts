import type { SealedRecord } from '@chargegraph/audit';
import type { CertificateFields, Connection } from '@chargegraph/graph';
import type { ProvisioningCertificate } from '../domain/provisioning-certificate.ts';

/** What resolvers of `ProvisioningCertificate` are given. */
export type ProvisioningCertificateSource = ProvisioningCertificate;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
