import type { Act } from '@chargegraph/audit';
import type { Certificate } from '@chargegraph/pki';
import type { ListPage, Namespace, Retirement, SignerKey } from './signer.ts';

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
  readonly addedAt: Date;
  /** Undefined while it issues. */
  readonly retirement: Retirement | undefined;
}

/** Narrows a list of CAs; undefined does not. */
export interface ContractCaFilter {
  readonly namespace?: Namespace | undefined;
  /** Those that issue this operator's contracts. */
  readonly providerId?: string | undefined;
  readonly isRetired?: boolean | undefined;
}

/** Where the service keeps its CAs. */
export interface ContractCaStore {
  find(key: SignerKey): Promise<ContractCa | undefined>;
  /** In the order of addition; one row more than the page's limit, when there is one. */
  page(filter: ContractCaFilter, descending: boolean, page: ListPage): Promise<ContractCa[]>;
  count(filter: ContractCaFilter): Promise<number>;
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
}

/** By what the list of CAs is ordered. */
export const contractCaSortKey = ({ addedAt, certificate, namespace }: ContractCa): readonly string[] => [
  addedAt.toISOString(),
  certificate.fingerprint,
  namespace,
];
