import type { SealedRecord } from '@chargegraph/audit';
import type {
  CertificateFields,
  CertificateRevocationFields,
  CertificateVerdictFields,
  Connection,
} from '@chargegraph/graph';
import type { Contract, SignedContractData } from '../domain/contract.ts';
import type { VariantFilter } from '../domain/contract-store.ts';
import type { ContractEvent, ContractEventStretch } from '../domain/contract-log.ts';
import type { RevocationRequest } from '../domain/revocation-request.ts';
import type { EventConsumer } from '../domain/event-consumer.ts';
import type { Lease } from '../domain/lease-consumer.ts';

/** What resolvers of `Contract` are given; `only` when variants were asked for. */
export type ContractSource = Contract & { readonly only?: VariantFilter };
/** What resolvers of `SignedContractData` are given. */
export type SignedContractDataSource = SignedContractData;
/** What resolvers of `ContractConnection` are given. */
export type ContractConnectionSource = Connection<Contract>;
/** What resolvers of `ContractEvent` are given. */
export type ContractEventSource = ContractEvent;
/** What resolvers of `ContractEventLog` are given. */
export type ContractEventLogSource = ContractEventStretch;
/** What resolvers of `ContractRevocationRequest` are given. */
export type ContractRevocationRequestSource = RevocationRequest;
/** What resolvers of `ContractRevocationRequestConnection` are given. */
export type ContractRevocationRequestConnectionSource = Connection<RevocationRequest> & {
  readonly readAt: Date;
};
/** What resolvers of `EventConsumer` are given. */
export type EventConsumerSource = EventConsumer;
/** What resolvers of `EventConsumerConnection` are given. */
export type EventConsumerConnectionSource = Connection<EventConsumer>;
/** What resolvers of `EventConsumerLease` are given. */
export type EventConsumerLeaseSource = Lease;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
/** What resolvers of `CertificateRevocation` are given. */
export type CertificateRevocationSource = CertificateRevocationFields;
/** What resolvers of `CertificateVerdict` are given. */
export type CertificateVerdictSource = CertificateVerdictFields;
/** What resolvers of `ProvisioningCertificate` are given: its global id. */
export interface ProvisioningCertificateSource {
  readonly id: string;
}
/** What resolvers of `RootCertificate` are given: its global id. */
export interface RootCertificateSource {
  readonly id: string;
}
/** What resolvers of `AuditRecord` are given. */
export type AuditRecordSource = SealedRecord;
/** What resolvers of `AuditRecordConnection` are given. */
export type AuditRecordConnectionSource = Connection<SealedRecord>;
