import { isFinal } from '@chargegraph/pki';
import { LRUCache } from 'lru-cache';
import type { CertificateStatus } from './revocation-types.ts';

interface Remembered {
  readonly status: CertificateStatus;
  /** Until when it is taken without asking the table, in milliseconds. */
  readonly until: number;
}

/** What a process remembers of the table: bounded, and each status for so long at most, since others write it too. */
export class StatusMemory {
  readonly #statuses: LRUCache<string, Remembered>;
  readonly #longest: number;

  /** @param longest milliseconds */
  constructor(capacity: number, longest: number) {
    this.#statuses = new LRUCache({ max: capacity });
    this.#longest = longest;
  }

  /** The status if it holds at `now`, in milliseconds. */
  get(fingerprint: string, now: number): CertificateStatus | undefined {
    const remembered = this.#statuses.get(fingerprint);
    return remembered !== undefined && remembered.until > now ? remembered.status : undefined;
  }

  /** Whether there is a status, holding or not. */
  has(fingerprint: string): boolean {
    return this.#statuses.has(fingerprint);
  }

  /** Remembers a status until it ends, or until `until` if that is later: the next time that it makes sense to ask. */
  set(status: CertificateStatus, now: number, until = 0): void {
    const end = isFinal(status) ? Infinity : Math.max(status.validUntil.getTime(), until);
    this.#statuses.set(status.fingerprint, { status, until: Math.min(end, now + this.#longest) });
  }
}
