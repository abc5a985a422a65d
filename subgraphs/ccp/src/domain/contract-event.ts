import type { Contract, Namespace } from './contract.ts';

/** What happened to a contract, as the schema's `ContractEventType` names it. */
export type ContractEventType =
  | 'OEM_CONTRACT_CREATED'
  | 'OEM_CONTRACT_UPDATED'
  | 'OEM_CONTRACT_DELETED'
  | 'MO_CONTRACT_DELIVERED_TO_OEM'
  | 'MO_PROV_CERT_UPDATED'
  | 'MO_PROV_CERT_DELETED'
  | 'MO_PROV_CERT_FACTORY_RESET';

/**
 * What the log keeps of an event: a snapshot that stays true when the contract is gone. The keys that
 * `ContractEvent` has in the schema (`emaid`, `pcid`, `namespaces`) hold exactly what that field shows, so that an
 * event is served from the log row alone; id, cursor, type and time are the row's own. The others say who may see
 * the event and compare identifiers.
 */
export interface ContractEventFacts {
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
