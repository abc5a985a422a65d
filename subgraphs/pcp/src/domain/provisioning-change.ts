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
 * event. Only a first certificate and a new key make the contract data wrapped before useless.
 */
export function publication(
  stored: ProvisioningCertificate | undefined,
  content: AcceptedContent,
  now: Date,
): ProvisioningChange | undefined {
  if (stored !== undefined && contentKey(stored) === contentKey(content)) return undefined;
  const keyChanged = stored !== undefined && !stored.leaf.publicKey.equals(content.leaf.publicKey);
  const previousFingerprint = stored?.leaf.fingerprint ?? null;
  return {
    key: keyOf(content),
    after: { ...content, publishedAt: stored?.publishedAt ?? now, updatedAt: now },
    renewsEpoch: stored === undefined || keyChanged,
    event: {
      type: stored === undefined ? 'PROVISIONING_CERTIFICATE_PUBLISHED' : 'PROVISIONING_CERTIFICATE_UPDATED',
      facts: { ...factsOf(content), previousFingerprint, keyChanged },
      occurredAt: now,
    },
  };
}

/** The row goes, and with it the contracts of the car in that generation. */
export function deletion(stored: ProvisioningCertificate, now: Date): ProvisioningChange {
  return {
    key: keyOf(stored),
    after: undefined,
    renewsEpoch: true,
    event: {
      type: 'PROVISIONING_CERTIFICATE_DELETED',
      facts: { ...factsOf(stored), previousFingerprint: null, keyChanged: false },
      occurredAt: now,
    },
  };
}

/** The row stays as it is, and the contracts of the car in that generation go. */
export function factoryReset(stored: ProvisioningCertificate, now: Date): ProvisioningChange {
  return {
    key: keyOf(stored),
    after: stored,
    renewsEpoch: true,
    event: {
      type: 'PROVISIONING_CERTIFICATE_FACTORY_RESET',
      facts: { ...factsOf(stored), previousFingerprint: null, keyChanged: false },
      occurredAt: now,
    },
  };
}

const keyOf = ({ pcid, namespace }: VehicleKey): VehicleKey => ({ pcid, namespace });

const factsOf = ({ pcid, namespace, leaf }: AcceptedContent) => ({
  pcid,
  commonName: leaf.commonName ?? pcid,
  wmi: wmiOf(pcid),
  namespace,
  fingerprint: leaf.fingerprint,
  notAfter: leaf.notAfter.toISOString(),
});

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
