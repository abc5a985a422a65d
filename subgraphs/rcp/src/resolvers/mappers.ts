import type { SealedRecord } from '@chargegraph/audit';
import type { CertificateFields, Connection } from '@chargegraph/graph';
import type { RootCertificate } from '../domain/root-certificates.ts';

/** What resolvers of `RootCertificate` are given. */
export type RootCertificateSource = RootCertificate;
/** What resolvers of `RootCertificateConnection` are given. */
export type RootCertificateConnectionSource = Connection<RootCertificate>;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
