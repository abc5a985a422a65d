import type { Act } from '@chargegraph/audit';
import { parseProviderId } from '@chargegraph/iso15118';
import { maySignCrls, type Certificate, type KeyStore, type ProfileStrictness } from '@chargegraph/pki';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { requireAccepted } from '@chargegraph/revocation';
import { decideWith } from '@chargegraph/trust';
import {
  fieldOf,
  readCertificate,
  readSubCas,
  requireChain,
  requireStrictProfile,
  requireSubCaProfiles,
} from './certificates.ts';
import type { ContractCa, ContractCaStore } from './contract-ca.ts';
import { editions } from './edition.ts';
import type { OtherPools } from './other-pools.ts';
import { requireKey } from './required-key.ts';
import { retirementBecauseOf } from './retirement.ts';
import type { Namespace, SignerKey } from './signer.ts';

/** A CA to be. */
export interface NewContractCa {
  /** PEM, or DER in base64. */
  readonly certificate: string;
  /** Those above it, in any order. */
  readonly subCaCertificates: readonly string[];
  readonly keyReference: string;
  readonly namespace: Namespace;
  readonly providerIds: readonly string[];
  readonly ocspUrl: string | undefined;
  readonly crlUrl: string | undefined;
}

/** The rules for the CAs that issue contract certificates. */
export interface ContractCas extends Pick<ContractCaStore, 'find' | 'page' | 'count'> {
  /**
   * Adds a CA whose chain ends at an MO or V2G root of the root pool, that may issue certificates below itself and
   * whose key the key store has. The same CA again changes nothing, or brings it up to date.
   *
   * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CHAIN_INVALID,
   *   ROOT_UNKNOWN, KEY_MISMATCH, SIGNER_UNAVAILABLE when the key store does not have the key, CONFLICT for a retired one
   */
  add(ca: NewContractCa, pools: OtherPools, act: Act): Promise<ContractCa>;
  /**
   * Retires a CA: it stays and issues no more.
   *
   * @throws ChargeGraphError BAD_INPUT; NOT_FOUND for a CA that is not there
   */
  retire(key: SignerKey, reason: string, act: Act): Promise<ContractCa>;
}

const field = 'certificate';
const longestUrl = 200;
const mostProviderIds = 1_000;

/** The rules over a store and a key store. */
export function createContractCas(deps: {
  readonly store: ContractCaStore;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly profile?: ProfileStrictness | undefined;
  /** Called once a CA was added. */
  readonly onAdded: () => void;
}): ContractCas {
  const { store, keyStore, clock, onAdded, profile = 'lenient' } = deps;
  return {
    find: (key) => store.find(key),
    page: (filter, order, page) => store.page(filter, order, page),
    count: (filter) => store.count(filter),

    async add({ namespace, keyReference, ...input }, pools, act) {
      const edition = editions[namespace];
      const certificate = readCertificate(input.certificate, field);
      // The CA itself is one of the sub-CAs of what it issues.
      const maximumSubCas = edition.maximumSubCas - 1;
      const subCas = readSubCas(input.subCaCertificates, 0, { maximumSubCas });
      const providerIds = readProviderIds(input.providerIds);
      const ocspUrl = readUrl(input.ocspUrl, { field: 'ocspUrl', name: 'the OCSP responder' });
      const crlUrl = readUrl(input.crlUrl, { field: 'crlUrl', name: 'the CRL' });
      requireSubCaProfiles([certificate], edition, field);
      requireSubCaProfiles(subCas, edition);
      await requireKey(keyStore, keyReference, certificate);
      const now = clock.now();
      const { path, root } = await decideWith(pools.roots, (held) =>
        requireChain({ leaf: certificate, leafField: field, subCas, roots: held.of('MO', 'V2G'), at: now }),
      );
      const chain = { certificate, subCas: path.slice(1, -1), root };
      requireStrictProfile({ ...chain, role: undefined, edition }, profile, field);
      requireMayIssue(path);
      if (crlUrl !== undefined) requireMaySignCrls(certificate);
      requireAccepted(await pools.revocation.judge(path), fieldOf(certificate));
      const added = await store.add(
        {
          ...chain,
          keyReference,
          namespace,
          providerIds,
          ocspUrl,
          crlUrl,
          addedAt: now,
        },
        act,
      );
      onAdded();
      return added;
    },

    retire: (key, reason, act) => store.retire(key, retirementBecauseOf(reason, clock), act),
  };
}

/** The chain was verified as that of a leaf: now there is one more CA below each one above it. */
function requireMayIssue(path: readonly Certificate[]): void {
  const [ca] = path;
  if (ca?.keyUsage?.has('keyCertSign') === false) {
    const message = `${ca.subject}: Its key usage does not allow it to issue certificates.`;
    throw new ChargeGraphError('CERTIFICATE_INVALID', message, { path: [field] });
  }
  for (const [casBelow, { pathLength, subject }] of path.entries()) {
    if (pathLength === undefined || casBelow <= pathLength) continue;
    const message = `${subject}: Its path length is ${String(pathLength)}, and ${String(casBelow)} CAs would stand below it.`;
    throw new ChargeGraphError('CHAIN_INVALID', message, { path: [field] });
  }
}

function readProviderIds(ids: readonly string[]): string[] {
  const path = ['providerIds'];
  if (ids.length > mostProviderIds) {
    const message = `Give at most ${String(mostProviderIds)} provider ids.`;
    throw new ChargeGraphError('BAD_INPUT', message, { path });
  }
  try {
    return [...new Set(ids.map(parseProviderId))].sort();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'A provider id is malformed.';
    throw new ChargeGraphError('BAD_INPUT', message, { path, cause });
  }
}

function requireMaySignCrls(ca: Certificate): void {
  if (maySignCrls(ca)) return;
  const message = `${ca.subject}: Its key usage does not allow it to sign CRLs.`;
  throw new ChargeGraphError('CERTIFICATE_INVALID', message, { path: [field] });
}

/** Certificates hold it as an IA5 string, and have little room. */
function readUrl(
  url: string | undefined,
  { field, name }: { readonly field: string; readonly name: string },
): string | undefined {
  if (url === undefined) return undefined;
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
  if (/^[\x21-\x7e]+$/.test(url) && url.length <= longestUrl && /^https?:$/.test(protocol)) return url;
  throw new ChargeGraphError(
    'BAD_INPUT',
    `The address of ${name} must be an http(s) URL of at most ${String(longestUrl)} characters.`,
    { path: [field] },
  );
}
