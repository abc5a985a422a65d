import { wmiOf } from '@chargegraph/iso15118';
import type {
  ProvisioningCertificate,
  ProvisioningChange,
  ProvisioningContent,
  VehicleKey,
} from './provisioning-certificate.ts';

/** What is to be stored if it differs from what is there. */
export interface AcceptedContent extends VehicleKey, ProvisioningContent {
  readonly warnings: readonly string[];
}

/**
 * What becomes of a row when content is published for it: nothing for the same content, else the new row with its
 * event.
 */
export function provisioningChange(
  stored: ProvisioningCertificate | undefined,
  content: AcceptedContent,
  now: Date,
): ProvisioningChange | undefined {
  if (stored !== undefined && contentKey(stored) === contentKey(content)) return undefined;
  const certificate = { ...content, publishedAt: stored?.publishedAt ?? now, updatedAt: now };
  return {
    certificate,
    event: {
      type: stored === undefined ? 'PROVISIONING_CERTIFICATE_PUBLISHED' : 'PROVISIONING_CERTIFICATE_UPDATED',
      facts: {
        pcid: content.pcid,
        commonName: content.leaf.commonName ?? content.pcid,
        wmi: wmiOf(content.pcid),
        namespace: content.namespace,
        fingerprint: content.leaf.fingerprint,
        previousFingerprint: stored?.leaf.fingerprint ?? null,
        keyChanged: stored !== undefined && !stored.leaf.publicKey.equals(content.leaf.publicKey),
        notAfter: content.leaf.notAfter.toISOString(),
      },
    },
  };
}

/** Equal for the same content, whatever is thought of it. */
function contentKey({
  leaf,
  subCas,
  root,
  v2gRootKeyIdentifiers,
  previousPcid,
}: ProvisioningContent): string {
  const chain = [leaf, ...subCas, root].map(({ fingerprint }) => fingerprint);
  return JSON.stringify([chain, v2gRootKeyIdentifiers, previousPcid ?? null]);
}
