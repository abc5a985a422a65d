import { ChargeGraphError } from '@chargegraph/service';
import type { EndWindow } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { Pcid } from '@chargegraph/iso15118';
import type { Namespace } from './provisioning-certificate.ts';
import { listableWmis } from './rights.ts';
import { readPcid } from './submission.ts';

/** Narrows a list of provisioning certificates; conditions are joined with and. */
export interface ProvisioningFilter {
  readonly namespace?: Namespace | undefined;
  /** Upper case. */
  readonly wmis?: readonly string[] | undefined;
  readonly pcids?: readonly Pcid[] | undefined;
  readonly rootFingerprints?: readonly string[] | undefined;
  /** When the certificate's validity begins. */
  readonly issued: Range;
  readonly published: Range;
  readonly expiringBefore?: Date | undefined;
  readonly expiring?: EndWindow | undefined;
}

/** From an instant, included, to another one, excluded. */
export interface Range {
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
}

/** A {@link ProvisioningFilter} as it is asked for: PCIDs in any spelling. */
export interface RequestedFilter extends Omit<ProvisioningFilter, 'pcids'> {
  readonly pcids?: readonly string[] | undefined;
}

/** By which column and in which direction a list is ordered. */
export interface ProvisioningOrder {
  readonly by: 'publishedAt' | 'updatedAt' | 'notAfter' | 'pcid';
  readonly descending: boolean;
}

/** A stretch of an ordered list: up to `limit` rows behind `from`, read against the order if `backward`. */
export interface ProvisioningPage {
  readonly backward: boolean;
  readonly limit: number;
  /** The row to start behind: its ordering instant (RFC 3339; none in the order of PCIDs), PCID and namespace. */
  readonly from: readonly string[] | undefined;
}

const mostValues = 100;

/**
 * What a caller's list is narrowed to: what it asks for, and no car that it may not list. Another maker's WMI leaves
 * nothing, as one does that nobody has.
 *
 * @throws ChargeGraphError BAD_INPUT naming the condition
 */
export function filterFor(caller: Caller, requested: RequestedFilter): ProvisioningFilter {
  const { wmis, pcids, rootFingerprints } = requested;
  for (const [field, values] of Object.entries({
    wmi: wmis,
    pcid: pcids,
    rootFingerprint: rootFingerprints,
  })) {
    if ((values?.length ?? 0) <= mostValues) continue;
    throw new ChargeGraphError('BAD_INPUT', `${field} : at most ${String(mostValues)} can be asked for`, {
      path: ['where', field],
    });
  }
  const listable = listableWmis(caller);
  return {
    ...requested,
    wmis: listable === undefined ? wmis : (wmis ?? [...listable]).filter((wmi) => listable.has(wmi)),
    pcids: pcids?.map((pcid) => readPcid(pcid, 'pcid')),
  };
}
