import type { SealedRecord } from '@chargegraph/audit';
import type { CertificateFields, CertificateRevocationFields, Connection } from '@chargegraph/graph';
import type { RootEvent, RootEventStretch } from '../domain/root-log.ts';
import type { RootCertificate } from '../domain/root-certificates.ts';

/** What resolvers of `RootCertificate` are given. */
export type RootCertificateSource = RootCertificate;
/** What resolvers of `RootCertificateConnection` are given. */
export type RootCertificateConnectionSource = Connection<RootCertificate>;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `CertificateRevocation` are given. */
export type CertificateRevocationSource = CertificateRevocationFields;
/** What resolvers of `RootCertificateEvent` are given. */
export type RootCertificateEventSource = RootEvent;
/** What resolvers of `RootCertificateEventLog` are given. */
export type RootCertificateEventLogSource = RootEventStretch;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
