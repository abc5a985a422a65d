import type { SealedRecord } from '@chargegraph/audit';
import type { CertificateFields, CertificateRevocationFields, Connection } from '@chargegraph/graph';
import type { ContractCa } from '../domain/contract-ca.ts';
import type { RevokedCertificate } from '../domain/issued-certificate.ts';
import type { RevocationList } from '../domain/revocation-list.ts';
import type { OperatorEvent, OperatorEventStretch } from '../domain/operator-log.ts';
import type { Signer } from '../domain/signer.ts';

/** What resolvers of `CpsSigner` are given. */
export type CpsSignerSource = Signer;
/** What resolvers of `CpsSignerConnection` are given. */
export type CpsSignerConnectionSource = Connection<Signer>;
/** What resolvers of `ContractCa` are given. */
export type ContractCaSource = ContractCa;
/** What resolvers of `ContractCaConnection` are given. */
export type ContractCaConnectionSource = Connection<ContractCa>;
/** What resolvers of `ContractCaRevocationList` are given. */
export type ContractCaRevocationListSource = RevocationList;
/** What resolvers of `RevokedContractCertificate` are given. */
export type RevokedContractCertificateSource = RevokedCertificate;
/** What resolvers of `OperatorEvent` are given. */
export type OperatorEventSource = OperatorEvent;
/** What resolvers of `OperatorEventLog` are given. */
export type OperatorEventLogSource = OperatorEventStretch;
/** What resolvers of `RootCertificate` are given. */
export interface RootCertificateSource {
  readonly id: string;
}
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `CertificateRevocation` are given. */
export type CertificateRevocationSource = CertificateRevocationFields;
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
