import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { checkValidity, type Certificate } from '@chargegraph/pki';
import type { OperationRevocation } from '@chargegraph/revocation';
import { heldRoot, type RootSet } from '@chargegraph/trust';
import type { ProvisioningCertificate } from './provisioning-certificate.ts';

/** The types of the roots that provisioning certificates may chain to. */
export const anchorTypes = ['OEM', 'V2G'] as const;

/** What is known of its certificates' revocation, by fingerprint. */
type KnownStatuses = Awaited<ReturnType<OperationRevocation['counting']>>;

/**
 * What a certificate's chain is worth now: up to a root that RCP holds, which may be another certificate of the same
 * name and key than the one it was accepted with.
 */
export function chainVerdict(
  certificate: ProvisioningCertificate,
  { held, statuses, now }: { readonly held: RootSet; readonly statuses: KnownStatuses; readonly now: Date },
): CertificateVerdictFields {
  const { leaf, subCas, root, warnings } = certificate;
  const end = present(certificate, held, now);
  const broken = end.failure === undefined ? [] : [end.failure];
  const chain = [leaf, ...subCas, end.root ?? root];
  return verdictOfDates(chain, now, now, warnings, broken, statuses);
}

/**
 * The root that a certificate chains to: the one it was accepted with, or the one that RCP holds in its stead.
 *
 * @param held undefined when that is not known without asking RCP
 */
export function presentRoot(
  certificate: ProvisioningCertificate,
  held: RootSet | undefined,
  now: Date,
): Certificate {
  const { root } = certificate;
  if (held === undefined) return root;
  if (held.has(root.fingerprint, ...anchorTypes) && checkValidity(root, now) === undefined) return root;
  return present(certificate, held, now).root ?? root;
}

const present = ({ leaf, subCas, root }: ProvisioningCertificate, held: RootSet, now: Date) =>
  heldRoot({ leaf, subCas }, held.of(...anchorTypes), { now, preferred: [root.fingerprint] });
