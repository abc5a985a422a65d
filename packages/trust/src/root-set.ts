import type { LogPosition } from '@chargegraph/events';
import type { Certificate } from '@chargegraph/pki';

/** What a root certificate is a root of, as RCP names it. */
export type RootType = 'V2G' | 'OEM' | 'MO' | 'PE';

/** A root certificate that RCP holds. */
export interface TrustedRoot {
  readonly type: RootType;
  readonly certificate: Certificate;
}

/** The roots that RCP holds, as of one moment. Never changed. */
export interface RootSet {
  /** Up to where RCP's log was followed for it; undefined when RCP itself was asked. */
  readonly position: LogPosition | undefined;
  /** Those of these types, each time the same list. */
  of(...types: readonly RootType[]): readonly Certificate[];
  /** Whether this certificate is held as a root of one of these types. */
  has(fingerprint: string, ...types: readonly RootType[]): boolean;
}

/** Makes a set of roots. */
export function createRootSet(roots: readonly TrustedRoot[], position?: LogPosition): RootSet {
  const types = new Map(roots.map(({ type, certificate }) => [certificate.fingerprint, type]));
  const lists = new Map<string, readonly Certificate[]>();
  return {
    position,
    of: (...wanted) => {
      const key = wanted.join();
      let list = lists.get(key);
      if (list === undefined) {
        list = roots.filter(({ type }) => wanted.includes(type)).map(({ certificate }) => certificate);
        lists.set(key, list);
      }
      return list;
    },
    has: (fingerprint, ...wanted) => {
      const type = types.get(fingerprint);
      return type !== undefined && wanted.includes(type);
    },
  };
}
