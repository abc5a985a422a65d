import type { SealedRecord } from '@chargegraph/audit';
import type { CertificateFields, Connection } from '@chargegraph/graph';
import type { Signer } from '../domain/signer.ts';

/** What resolvers of `CpsSigner` are given. */
export type CpsSignerSource = Signer;
/** What resolvers of `CpsSignerConnection` are given. */
export type CpsSignerConnectionSource = Connection<Signer>;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
