import type { Certificate } from '@chargegraph/pki';
import type { Namespace } from './contract.ts';

/** A car as PCP knows it, with its chain. */
export interface Vehicle {
  /** As the provisioning certificate spells it. */
  readonly pcid: string;
  readonly certificate: Certificate;
  /** The one that issued the car's certificate first. */
  readonly subCas: readonly Certificate[];
  /** The root that PCP names; undefined when RCP no longer holds it. */
  readonly root: Certificate | undefined;
  /** Contract data that is wrapped for the car now is stored under this epoch. */
  readonly epoch: bigint;
  /** Key identifiers of the V2G roots installed in the car: hexadecimal octets joined by colons. */
  readonly installedRoots: readonly string[];
}

/** RCP's roots that contract and provisioning service chains may end at. */
export interface TrustAnchors {
  readonly v2g: readonly Certificate[];
  readonly mo: readonly Certificate[];
}

/** Fingerprints of the same roots: whether RCP still holds one. */
export interface TrustedRoots {
  readonly v2g: ReadonlySet<string>;
  readonly mo: ReadonlySet<string>;
}

/** What the pool asks the other pools, with its own service identity; never within a transaction. */
export interface OtherPools {
  /** @param pcid in any case */
  vehicle(pcid: string, namespace: Namespace): Promise<Vehicle | undefined>;
  trustAnchors(): Promise<TrustAnchors>;
  trustedRoots(): Promise<TrustedRoots>;
}
