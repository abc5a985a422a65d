import type { Contract, Namespace } from './contract.ts';

/** What happened to a contract, as the schema's `ContractEventType` names it. */
export type ContractEventType =
  | 'OEM_CONTRACT_CREATED'
  | 'OEM_CONTRACT_UPDATED'
  | 'OEM_CONTRACT_DELETED'
  | 'MO_CONTRACT_DELIVERED_TO_OEM'
  | 'MO_CONTRACT_CREATED_SENT_TO_OEM'
  | 'MO_CONTRACT_UPDATED_SENT_TO_OEM'
  | 'MO_CONTRACT_DELETED_SENT_TO_OEM'
  | 'MO_CONTRACT_QUEUED_TO_OEM'
  | 'MO_CONTRACT_REJECTED_BY_OEM'
  | 'MO_PROV_CERT_UPDATED'
  | 'MO_PROV_CERT_DELETED'
  | 'MO_PROV_CERT_FACTORY_RESET'
  | 'MO_CONTRACT_SIGNER_ENDING';

/**
 * What the log keeps of an event: a snapshot that stays true when the contract is gone. The keys that
 * `ContractEvent` has in the schema (`emaid`, `pcid`, `namespaces`, and those of {@link SignerEndFacts}) hold exactly
 * what that field shows, so that an event is served from the log row alone; id, cursor, type and time are the row's
 * own. The others say who may see the event and compare identifiers.
 */
export interface ContractEventFacts extends Partial<SignerEndFacts> {
  readonly emaid: string;
  readonly pcid: string;
  readonly namespaces: readonly Namespace[];
  /** The EMAID's identity. */
  readonly emaidKey: string;
  /** The PCID in upper case. */
  readonly pcidKey: string;
  readonly wmi: string;
  readonly providerId: string;
  /** The generation in which the event made the contract its car's default. */
  readonly madeDefaultIn?: Namespace;
  /** Why the car maker refused the event that this one tells of. */
  readonly reason?: string;
}

/** What the log keeps of an event that tests a consumer: it is about no contract. */
export type TestEventFacts = Readonly<Partial<Record<keyof ContractEventFacts, undefined>>> & {
  readonly clientId: string;
  readonly consumer: string;
};

/** What is told beside of a signer that ends. */
export interface SignerEndFacts {
  /** Of the provisioning service's certificate. */
  readonly signerFingerprint: string;
  /** When the first certificate of its chain ends, RFC 3339. */
  readonly signerEndsAt: string;
  /** The V2G root that it chains to. */
  readonly v2gRootFingerprint: string;
}

/** An event about to be recorded. */
export interface ContractChange {
  readonly type: ContractEventType;
  readonly occurredAt: Date;
  readonly facts: ContractEventFacts;
}

/** The facts of a contract and of the generations that the event is about. */
export function contractEventFacts(contract: Contract, namespaces: Iterable<Namespace>): ContractEventFacts {
  return {
    emaid: contract.emaid,
    pcid: contract.pcidShown,
    namespaces: [...new Set(namespaces)].sort(),
    emaidKey: contract.emaidKey,
    pcidKey: contract.pcid,
    wmi: contract.wmi,
    providerId: contract.providerId,
  };
}
