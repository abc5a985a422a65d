import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { checkValidity, type Certificate } from '@chargegraph/pki';
import type { OperationRevocation } from '@chargegraph/revocation';
import { heldRoot, type RootSet } from '@chargegraph/trust';
import { profileWarnings } from './certificates.ts';
import type { ContractCa } from './contract-ca.ts';
import { editions } from './edition.ts';
import { underHeldRoot } from './held-chain.ts';
import { chainOf, type Signer } from './signer.ts';

/** What is known of its certificates' revocation, by fingerprint. */
type KnownStatuses = Awaited<ReturnType<OperationRevocation['counting']>>;

/** A signer's role; a CA has none. */
type Role = 'CPS_LEAF' | undefined;

/** The roots that signers, and the CAs that issue contract certificates, may be under. */
const anchorsOf = (role: Role, held: RootSet) => (role === undefined ? held.of('MO', 'V2G') : held.of('V2G'));

/**
 * The verdict on a signer's or CA's chain as of now, with what it departs from the profile in: a signer whose
 * certificate is one of another role says so.
 *
 * @param statuses what is known of the revocation of its certificates, by fingerprint
 */
export function chainVerdict(
  chained: Signer | ContractCa,
  role: Role,
  { held, statuses, now }: { readonly held: RootSet; readonly statuses: KnownStatuses; readonly now: Date },
): CertificateVerdictFields {
  const { certificate: leaf, subCas, namespace } = chained;
  const warnings = profileWarnings({ ...chained, role, edition: editions[namespace] });
  const preferred = [chained.root.fingerprint];
  const { root = chained.root, failure } = heldRoot({ leaf, subCas }, anchorsOf(role, held), {
    now,
    preferred,
  });
  const broken = failure === undefined ? [] : [failure];
  return verdictOfDates(chainOf({ ...chained, root }), now, now, warnings, broken, statuses);
}

/**
 * The root of a signer or CA: the one it was added with, or the one that the root pool holds in its stead.
 *
 * @param held undefined when that is not known without asking the root pool
 */
export function presentRoot(
  chained: Signer | ContractCa,
  role: Role,
  { held, now }: { readonly held: RootSet | undefined; readonly now: Date },
): Certificate {
  const { root } = chained;
  if (held === undefined) return root;
  const anchors = anchorsOf(role, held);
  const stands = anchors.some(({ fingerprint }) => fingerprint === root.fingerprint);
  if (stands && checkValidity(root, now) === undefined) return root;
  return underHeldRoot(chained, anchors, now)?.root ?? root;
}
