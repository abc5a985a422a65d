import type { ChainReport } from '@chargegraph/audit';

/** A pool's chain as one line for a human: what it was found to be, its sealed head, and its open tail. */
export function reportLine({ pool, sealed, open, fault }: ChainReport, now: Date): string {
  if (fault !== undefined) return `${pool}: BROKEN at position ${String(fault.position)}. ${fault.reason}`;
  const head =
    sealed.position === 0n
      ? 'nothing sealed'
      : `sealed head ${pool}:${String(sealed.position)}:${sealed.hash}`;
  if (open.oldest === undefined) return `${pool}: whole; ${head}; nothing open`;
  const age = Math.max(0, Math.round((now.getTime() - open.oldest.getTime()) / 1_000));
  return `${pool}: whole; ${head}; ${String(open.count)} open, the oldest for ${String(age)} s`;
}

/** The same for a program. */
export function reportJson({ pool, sealed, open, fault }: ChainReport): object {
  return {
    pool,
    whole: fault === undefined,
    sealed: { position: sealed.position.toString(), hash: sealed.hash },
    open: { count: open.count, oldest: open.oldest?.toISOString() ?? null },
    fault: fault === undefined ? null : { position: fault.position.toString(), reason: fault.reason },
  };
}
