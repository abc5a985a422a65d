import type { SealedRecord } from '@chargegraph/audit';
import type { Connection } from '@chargegraph/graph';
import type { ClientRecord } from '@chargegraph/identity';

/** What resolvers of `Client` are given. */
export type ClientSource = ClientRecord;
/** What resolvers of `ClientConnection` are given. */
export type ClientConnectionSource = Connection<ClientRecord>;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
