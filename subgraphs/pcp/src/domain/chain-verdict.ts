import { verdictOfDates, type CertificateVerdictFields } from '@chargegraph/graph';
import { verifyChain } from '@chargegraph/pki';
import type { ProvisioningCertificate } from './provisioning-certificate.ts';

/**
 * What a certificate's chain is worth now. Its root has to be among those that RCP holds; signatures and constraints
 * are verified again as of the moment when they were accepted, so that only the chain itself can fail there; the
 * dates count as of now.
 *
 * @param trusted fingerprints of the roots that provisioning certificates may chain to
 */
export function chainVerdict(
  { leaf, subCas, root, warnings, updatedAt }: ProvisioningCertificate,
  trusted: ReadonlySet<string>,
  now: Date,
): CertificateVerdictFields {
  const dates = verdictOfDates([leaf, ...subCas, root], now, now);
  const broken: string[] = [];
  if (!trusted.has(root.fingerprint)) {
    broken.push(`The root pool does not hold the root ${root.subject} for cars any more.`);
  }
  const chain = verifyChain({
    leaf,
    intermediates: subCas,
    roots: [root],
    at: updatedAt,
    allowFutureLeaf: true,
  });
  if (!chain.valid) broken.push(chain.message);
  return {
    ...dates,
    status: broken.length > 0 ? 'INVALID_CHAIN' : dates.status,
    reasons: [...broken, ...dates.reasons, ...warnings],
  };
}
