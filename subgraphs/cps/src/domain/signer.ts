import type { Act } from '@chargegraph/audit';
import type { Certificate } from '@chargegraph/pki';

/** The generation of ISO 15118 that contract data is signed for. */
export type Namespace = 'ISO15118_2' | 'ISO15118_20';

/** A certificate provisioning service certificate whose private key lies in the key store. */
export interface Signer {
  readonly certificate: Certificate;
  /** The sub-CAs, the one that issued {@link certificate} first. */
  readonly subCas: readonly Certificate[];
  /** The V2G root as the root pool held it when the signer was added. */
  readonly root: Certificate;
  /** Names the private key in the key store. */
  readonly keyReference: string;
  readonly namespace: Namespace;
  /** At most one of a namespace is. */
  readonly isDefault: boolean;
  readonly addedAt: Date;
}

/** The signer's whole chain, leaf first, root last. */
export const chainOf = ({ certificate, subCas, root }: Signer): readonly Certificate[] => [
  certificate,
  ...subCas,
  root,
];

/** A stretch of the list of signers: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface SignerPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind, as {@link signerSortKey} gives it. */
  readonly from: readonly string[] | undefined;
}

/** Where the service keeps its signers. */
export interface SignerStore {
  find(fingerprint: string, namespace: Namespace): Promise<Signer | undefined>;
  /** Default signers first, then the oldest addition first; one row more than the page's limit, when there is one. */
  page(page: SignerPage): Promise<Signer[]>;
  count(): Promise<number>;
  ofNamespace(namespace: Namespace): Promise<Signer[]>;
  /**
   * Stores a signer, or brings the one of that certificate and namespace up to date, keeping `addedAt`. It becomes
   * the namespace's only default if that is asked for or the namespace has none; nothing makes a default signer
   * lose that but another's taking its place.
   */
  add(signer: Omit<Signer, 'isDefault'>, makeDefault: boolean, act: Act): Promise<Signer>;
}

/** By what the list of signers is ordered, ascending: 0 for a default one else 1, instant, fingerprint, namespace. */
export const signerSortKey = ({ isDefault, addedAt, certificate, namespace }: Signer): readonly string[] => [
  isDefault ? '0' : '1',
  addedAt.toISOString(),
  certificate.fingerprint,
  namespace,
];
