import type { Act } from '@chargegraph/audit';
import type { Certificate } from '@chargegraph/pki';
import {
  chainEnd,
  type ChainedFilter,
  type ListPage,
  type Namespace,
  type Retirement,
  type SignerKey,
} from './signer.ts';

/** A CA whose private key lies in the key store and that issues the contract certificates which are generated. */
export interface ContractCa {
  readonly certificate: Certificate;
  /** The sub-CAs above it, the one that issued {@link certificate} first. */
  readonly subCas: readonly Certificate[];
  /** The MO or V2G root as the root pool held it when the CA was added. */
  readonly root: Certificate;
  /** Names the private key in the key store. */
  readonly keyReference: string;
  readonly namespace: Namespace;
  /** Whose contracts it issues; empty: everybody's. */
  readonly providerIds: readonly string[];
  /** Address of the OCSP responder that its certificates name. */
  readonly ocspUrl: string | undefined;
  /** Address of the CRL that its certificates name. */
  readonly crlUrl: string | undefined;
  readonly addedAt: Date;
  /** Undefined while it issues. */
  readonly retirement: Retirement | undefined;
}

/** Narrows a list of CAs; undefined does not. */
export interface ContractCaFilter extends ChainedFilter {
  /** Those that issue this operator's contracts. */
  readonly providerId?: string | undefined;
}

/** The orders of a list of CAs, each with its opposite. */
export interface ContractCaOrder {
  readonly by: 'addedAt' | 'endsAt';
  readonly descending: boolean;
}

/** Where the service keeps its CAs. */
export interface ContractCaStore {
  find(key: SignerKey): Promise<ContractCa | undefined>;
  /** One row more than the page's limit, when there is one. */
  page(filter: ContractCaFilter, order: ContractCaOrder, page: ListPage): Promise<ContractCa[]>;
  count(filter: ContractCaFilter): Promise<number>;
  /** All that are not retired. */
  inUse(): Promise<ContractCa[]>;
  /** Those of the namespace that issue this operator's contracts and are not retired. */
  issuing(namespace: Namespace, providerId: string): Promise<ContractCa[]>;
  /**
   * Stores a CA, or brings the one of that certificate and namespace up to date, keeping `addedAt`; a change is
   * recorded.
   *
   * @throws ChargeGraphError CONFLICT when it is retired
   */
  add(ca: Omit<ContractCa, 'retirement'>, act: Act): Promise<ContractCa>;
  /**
   * Retires a CA; one that is retired stays as it is. A change is recorded.
   *
   * @throws ChargeGraphError NOT_FOUND
   */
  retire(key: SignerKey, retirement: Retirement, act: Act): Promise<ContractCa>;
  /** Fills in what older versions did not store. */
  complete(): Promise<void>;
}

/** By what a list of CAs is ordered: the order's instant, then fingerprint and namespace. */
export const contractCaSortKey =
  ({ by }: ContractCaOrder) =>
  (ca: ContractCa): readonly string[] => {
    const instant = by === 'endsAt' ? chainEnd(ca) : ca.addedAt;
    return [instant.toISOString(), ca.certificate.fingerprint, ca.namespace];
  };
