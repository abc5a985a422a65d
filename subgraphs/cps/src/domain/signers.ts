import type { Act } from '@chargegraph/audit';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type { Certificate, KeyStore } from '@chargegraph/pki';
import {
  readCertificate,
  readSubCas,
  requireChain,
  requireLeafProfile,
  requireSubCaProfiles,
} from './certificates.ts';
import type { OtherPools } from './other-pools.ts';
import { refuseOtherNamespace } from './namespace.ts';
import type { Namespace, Signer, SignerStore } from './signer.ts';

/** A signer to be. */
export interface NewSigner {
  /** PEM, or DER in base64. */
  readonly certificate: string;
  /** In any order; at most four. */
  readonly subCaCertificates: readonly string[];
  readonly keyReference: string;
  readonly namespace: Namespace;
  readonly makeDefault: boolean;
}

/** The rules for the service's signers. */
export interface Signers extends Pick<SignerStore, 'find' | 'page' | 'count'> {
  /**
   * Adds a signer whose chain ends at a V2G root of the root pool and whose key the key store has. Its validity may
   * begin later. The same signer again changes nothing; with a new chain or key reference, or made the default,
   * it is brought up to date. The first signer of a namespace is its default.
   *
   * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CHAIN_INVALID, ROOT_UNKNOWN,
   *   KEY_MISMATCH, SIGNER_UNAVAILABLE when the key store does not have the key
   */
  add(signer: NewSigner, pools: OtherPools, act: Act): Promise<Signer>;
}

const field = 'certificate';

/** The rules over a store and a key store. */
export function createSigners(deps: { store: SignerStore; keyStore: KeyStore; clock: Clock }): Signers {
  const { store, keyStore, clock } = deps;
  return {
    find: (fingerprint, namespace) => store.find(fingerprint, namespace),
    page: (page) => store.page(page),
    count: () => store.count(),

    async add({ namespace, keyReference, makeDefault, ...input }, pools, act) {
      refuseOtherNamespace(namespace);
      const certificate = readCertificate(input.certificate, field);
      const subCas = readSubCas(input.subCaCertificates, 0);
      requireLeafProfile(certificate, 'CPS_LEAF', field);
      requireSubCaProfiles(subCas);
      await requireKey(keyStore, keyReference, certificate);
      const roots = (await pools.trustAnchors(['V2G'])).map((anchor) => anchor.certificate);
      const now = clock.now();
      const { path, root } = requireChain({ leaf: certificate, leafField: field, subCas, roots, at: now });
      return store.add(
        { certificate, subCas: path.slice(1, -1), root, keyReference, namespace, addedAt: now },
        makeDefault,
        act,
      );
    },
  };
}

async function requireKey(keyStore: KeyStore, keyReference: string, certificate: Certificate): Promise<void> {
  const path = ['keyReference'];
  const publicKey = await keyStore.publicKey(keyReference).catch((error: unknown) => {
    if (!(error instanceof ChargeGraphError)) throw error;
    throw new ChargeGraphError(error.code, error.message, { path, cause: error });
  });
  if (!publicKey.equals(certificate.publicKey)) {
    throw new ChargeGraphError('KEY_MISMATCH', 'The key does not belong to the certificate.', { path });
  }
}
