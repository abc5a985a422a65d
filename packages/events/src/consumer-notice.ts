/** For how long a subscription has a named consumer without renewing, in milliseconds. */
export const consumerLeaseMs = 30_000;

/** Why a subscription has lost a named consumer. */
export const leaseLosses = ['TAKEN_OVER', 'SET_BACK', 'GONE'] as const;

/** One of {@link leaseLosses}: a newer subscription has it, it was set back, or it was deleted. */
export type LeaseLoss = (typeof leaseLosses)[number];

/**
 * Says that leases of a named consumer are lost: all with a fencing number below the one given. It is sent on the bus so
 * that their holders know at once; whoever misses it hears when it renews.
 */
export interface ConsumerNotice {
  readonly clientId: string;
  readonly consumer: string;
  readonly fencing: number;
  readonly why: LeaseLoss;
}

/** The bus topic for notices about a pool's named consumers, in {@link serialiseNotice}'s form. */
export function consumerTopic(pool: string): string {
  return `consumers:${pool}`;
}

/** A notice as it travels on the bus. */
export function serialiseNotice(notice: ConsumerNotice): string {
  return JSON.stringify(notice);
}

/** Reads what {@link serialiseNotice} wrote; undefined for anything else. */
export function parseNotice(message: string): ConsumerNotice | undefined {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { clientId, consumer, fencing, why } = value as Record<string, unknown>;
  if (typeof clientId !== 'string' || typeof consumer !== 'string') return undefined;
  if (typeof fencing !== 'number' || !Number.isSafeInteger(fencing)) return undefined;
  const known = leaseLosses.find((each) => each === why);
  return known === undefined ? undefined : { clientId, consumer, fencing, why: known };
}
