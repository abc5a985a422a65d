import type { Act } from '@chargegraph/audit';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import type {
  ContractRevocationReason,
  IssuedCertificateStore,
  IssuedCounts,
  RevokedCertificate,
} from './issued-certificate.ts';
import type { RevocationList, RevocationListStore } from './revocation-list.ts';
import type { Namespace, SignerKey } from './signer.ts';

/** What can be done with, and known of, the revocation of what our CAs issued. */
export interface Revocations {
  /**
   * Revokes a contract certificate that one of our CAs issued; one that is revoked stays as it is.
   *
   * @throws ChargeGraphError NOT_FOUND for one that none of them issued
   */
  revoke(
    input: { readonly fingerprint: string; readonly reason: ContractRevocationReason },
    act: Act,
  ): Promise<RevokedCertificate>;
  /** The list of a CA of that certificate; undefined when there is none. */
  list(fingerprint: string, namespace: Namespace | undefined): Promise<RevocationList | undefined>;
  counts(ca: SignerKey): Promise<IssuedCounts>;
}

/** The rules over their stores. */
export function createRevocations(deps: {
  readonly issued: IssuedCertificateStore;
  readonly lists: Pick<RevocationListStore, 'find'>;
  readonly clock: Clock;
  /** Called once something was revoked. */
  readonly onRevoked: () => void;
}): Revocations {
  const { issued, lists, clock, onRevoked } = deps;
  return {
    async revoke({ fingerprint, reason }, act) {
      const now = clock.now();
      const by = { act, action: 'revokeContractCertificate', now };
      const revoked = await issued.revoke([{ fingerprint, at: now, reason }], by);
      if (revoked > 0) onRevoked();
      const certificate = await issued.findRevoked(fingerprint);
      if (certificate !== undefined) return certificate;
      throw new ChargeGraphError(
        'NOT_FOUND',
        'No contract certificate of this fingerprint was issued by a CA of this service.',
        { path: ['fingerprint'] },
      );
    },

    list: (fingerprint, namespace) => lists.find(fingerprint, namespace),
    counts: (ca) => issued.counts(ca),
  };
}
