import { LruMap } from './lru-map.ts';

/**
 * Remembers which certificate is known to be rightly signed by which, so that a chain's sub-CAs are verified
 * once and not for every leaf. Only facts that no clock changes are kept, and only good ones: a refusal is
 * worked out anew. Bounded; the least recently used goes first.
 */
export class LinkCache {
  readonly #links: LruMap<string, true>;

  constructor(capacity = 10_000) {
    this.#links = new LruMap(capacity);
  }

  /** True if the link of the two certificates, given by fingerprint, was remembered. */
  has(child: string, issuer: string): boolean {
    return this.#links.get(child + issuer) ?? false;
  }

  /** Remembers that `issuer` rightly signed `child`. */
  add(child: string, issuer: string): void {
    this.#links.set(child + issuer, true);
  }

  /** How many links are remembered. */
  get size(): number {
    return this.#links.size;
  }
}
