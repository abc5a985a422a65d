import type { Act } from '@chargegraph/audit';
import type { EndWindow } from '@chargegraph/graph';
import type { Certificate } from '@chargegraph/pki';

/** The generation of ISO 15118 that contract data is signed for. */
export type Namespace = 'ISO15118_2' | 'ISO15118_20';

/** That something was retired by the operator. */
export interface Retirement {
  readonly at: Date;
  readonly reason: string;
}

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
  /** At most one of a namespace is, and none that is retired. */
  readonly isDefault: boolean;
  readonly addedAt: Date;
  /** Undefined while it signs. */
  readonly retirement: Retirement | undefined;
}

/** What a signer or CA is named by. */
export interface SignerKey {
  readonly fingerprint: string;
  readonly namespace: Namespace;
}

/** A certificate with its issuers. */
interface Chained {
  readonly certificate: Certificate;
  readonly subCas: readonly Certificate[];
  readonly root: Certificate;
}

/** The whole chain, the certificate itself first, root last. */
export const chainOf = ({ certificate, subCas, root }: Chained): readonly Certificate[] => [
  certificate,
  ...subCas,
  root,
];

/** When the first certificate of the chain ends. */
export const chainEnd = (chained: Chained): Date =>
  new Date(Math.min(...chainOf(chained).map(({ notAfter }) => notAfter.getTime())));

/** Whether every certificate of the chain is in its dates. */
export const isInDates = (chained: Chained, now: Date): boolean =>
  chainOf(chained).every(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);

/** Narrows a list of signers or CAs; undefined does not. */
export interface ChainedFilter {
  readonly namespace?: Namespace | undefined;
  readonly fingerprints?: readonly string[] | undefined;
  /** Under every one of these roots: more than one leave nothing. */
  readonly rootFingerprints?: readonly string[] | undefined;
  readonly isRetired?: boolean | undefined;
  /** Whose chain ends before this instant. */
  readonly expiringBefore?: Date | undefined;
  /** Whose chain ends in this window. */
  readonly expiring?: EndWindow | undefined;
  readonly addedFrom?: Date | undefined;
  readonly addedBefore?: Date | undefined;
}

/** Narrows a list of signers; undefined does not. */
export interface SignerFilter extends ChainedFilter {
  readonly isDefault?: boolean | undefined;
}

/** The orders of a list of signers, all but the first with their opposite. */
export interface SignerOrder {
  readonly by: 'default' | 'addedAt' | 'endsAt';
  readonly descending: boolean;
}

/** A stretch of a list: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface ListPage {
  readonly backward: boolean;
  readonly limit: number;
  /** Sort key of the row to start behind. */
  readonly from: readonly string[] | undefined;
}

/** Where the service keeps its signers. */
export interface SignerStore {
  find(key: SignerKey): Promise<Signer | undefined>;
  /** One row more than the page's limit, when there is one. */
  page(filter: SignerFilter, order: SignerOrder, page: ListPage): Promise<Signer[]>;
  count(filter: SignerFilter): Promise<number>;
  ofNamespace(namespace: Namespace): Promise<Signer[]>;
  /** All signers, retired or not. */
  all(): Promise<Signer[]>;
  /**
   * Stores a signer, or brings the one of that certificate and namespace up to date, keeping `addedAt`. It becomes
   * the namespace's only default if that is asked for or the namespace has none; nothing makes a default signer
   * lose that but another's taking its place, or its retirement.
   *
   * @throws ChargeGraphError CONFLICT when it is retired
   */
  add(signer: Omit<Signer, 'isDefault' | 'retirement'>, makeDefault: boolean, act: Act): Promise<Signer>;
  /**
   * Retires a signer, which then is no default, and makes another one the namespace's default if one is named. What
   * is so already is left as it is; a change is recorded.
   *
   * @throws ChargeGraphError NOT_FOUND for either; BAD_INPUT when the new default is retired, or is the retired one
   */
  retire(change: {
    readonly key: SignerKey;
    readonly retirement: Retirement;
    readonly newDefault: SignerKey | undefined;
    readonly act: Act;
  }): Promise<Signer>;
  /** Fills in what older versions did not store. */
  complete(): Promise<void>;
}

/** By what a list of signers is ordered: the order's own values, then fingerprint and namespace. */
export const signerSortKey =
  ({ by }: SignerOrder) =>
  (signer: Signer): readonly string[] => {
    const { isDefault, addedAt, certificate, namespace } = signer;
    const rest = [certificate.fingerprint, namespace];
    if (by === 'endsAt') return [chainEnd(signer).toISOString(), ...rest];
    return [...(by === 'default' ? [isDefault ? '0' : '1'] : []), addedAt.toISOString(), ...rest];
  };
