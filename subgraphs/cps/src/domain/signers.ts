import type { Act } from '@chargegraph/audit';
import type { Certificate, KeyStore, ProfileStrictness } from '@chargegraph/pki';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { requireAccepted } from '@chargegraph/revocation';
import { decideWith } from '@chargegraph/trust';
import {
  fieldOf,
  readCertificate,
  readSubCas,
  requireChain,
  requireLeafProfile,
  requireStrictProfile,
  requireSubCaProfiles,
} from './certificates.ts';
import { editions, type Edition } from './edition.ts';
import type { OtherPools } from './other-pools.ts';
import { requireKey } from './required-key.ts';
import { retirementBecauseOf } from './retirement.ts';
import type { Namespace, Signer, SignerKey, SignerStore } from './signer.ts';

/** A signer to be. */
export interface NewSigner {
  /** PEM, or DER in base64. */
  readonly certificate: string;
  /** In any order; at most four, in ISO 15118-20 three. */
  readonly subCaCertificates: readonly string[];
  readonly keyReference: string;
  readonly namespace: Namespace;
  readonly makeDefault: boolean;
}

/** A signer to be retired. */
export interface SignerRetirement {
  readonly key: SignerKey;
  readonly reason: string;
  /** The signer that becomes the default instead. */
  readonly newDefault: SignerKey | undefined;
}

/** The rules for the service's signers. */
export interface Signers extends Pick<SignerStore, 'find' | 'page' | 'count'> {
  /**
   * Adds a signer whose chain ends at a V2G root of the root pool and whose key the key store has. Its validity may
   * begin later. The same signer again changes nothing; with a new chain or key reference, or made the default,
   * it is brought up to date. The first signer of a namespace is its default.
   *
   * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CHAIN_INVALID,
   *   ROOT_UNKNOWN, KEY_MISMATCH, SIGNER_UNAVAILABLE when the key store does not have the key, CONFLICT for a retired one
   */
  add(signer: NewSigner, pools: OtherPools, act: Act): Promise<Signer>;
  /**
   * Retires a signer: it stays and signs no more. Retired again, it stays as it is.
   *
   * @throws ChargeGraphError BAD_INPUT; NOT_FOUND for a signer that is not there
   */
  retire(retirement: SignerRetirement, act: Act): Promise<Signer>;
}

const field = 'certificate';

/**
 * The rules over a store and a key store.
 *
 * @param deps.onRetirement called after each retirement: what the signer signed has to be signed anew
 */
export function createSigners(deps: {
  readonly store: SignerStore;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly profile?: ProfileStrictness | undefined;
  readonly onRetirement: () => void;
}): Signers {
  const { store, keyStore, clock, onRetirement, profile = 'lenient' } = deps;
  return {
    find: (key) => store.find(key),
    page: (filter, order, page) => store.page(filter, order, page),
    count: (filter) => store.count(filter),

    async add({ namespace, keyReference, makeDefault, ...input }, pools, act) {
      const edition = editions[namespace];
      const certificate = readCertificate(input.certificate, field);
      const subCas = readSubCas(input.subCaCertificates, 0, edition);
      requireLeafProfile(certificate, 'CPS_LEAF', field, edition);
      requireSigningKey(certificate, edition);
      requireSubCaProfiles(subCas, edition);
      await requireKey(keyStore, keyReference, certificate);
      const now = clock.now();
      const { path, root } = await decideWith(pools.roots, (held) =>
        requireChain({ leaf: certificate, leafField: field, subCas, roots: held.of('V2G'), at: now }),
      );
      const chain = { certificate, subCas: path.slice(1, -1), root };
      requireStrictProfile({ ...chain, role: 'CPS_LEAF', edition }, profile, field);
      requireAccepted(await pools.revocation.judge(path), fieldOf(certificate));
      return store.add({ ...chain, keyReference, namespace, addedAt: now }, makeDefault, act);
    },

    async retire({ key, reason, newDefault }, act) {
      const retirement = retirementBecauseOf(reason, clock);
      const retired = await store.retire({ key, retirement, newDefault, act });
      onRetirement();
      return retired;
    },
  };
}

/** The profile knows keys that certify and agree but that no message can be signed with. */
function requireSigningKey({ curve, subject }: Certificate, { name, signingCurves }: Edition): void {
  if (signingCurves.includes(curve)) return;
  throw new ChargeGraphError(
    'CERTIFICATE_INVALID',
    `${subject}: The key is ${curve}; the service signs ${name} with ${signingCurves.join(' or ')}.`,
    { path: [field] },
  );
}
