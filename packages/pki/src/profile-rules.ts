import type { KeyUsage } from './certificate-extensions.ts';

/** The part a certificate plays in ISO 15118. */
export const certificateRoles = [
  'V2G_ROOT',
  'SUB_CA_1',
  'SUB_CA_2',
  'CPS_LEAF',
  'CPO_LEAF',
  'OEM_ROOT',
  'OEM_LEAF',
  'MO_ROOT',
  'CONTRACT_LEAF',
] as const;

/** One of {@link certificateRoles}. */
export type CertificateRole = (typeof certificateRoles)[number];

/** Bounds of a validity period, in days. */
export interface Lifetime {
  readonly minimum: number;
  readonly maximum: number;
}

/** The profile of one role. */
export interface ProfileRules {
  /** Undefined for a leaf. `pathLengths` are the allowed ones; undefined among them means unlimited. */
  readonly ca?: { readonly root: boolean; readonly pathLengths: readonly (number | undefined)[] };
  /** One of these is expected. */
  readonly domainComponents: readonly string[];
  /** All of these are expected. */
  readonly keyUsage: readonly KeyUsage[];
  /** Bounds for a certificate with these domain components; undefined where its owner decides. */
  readonly lifetime: (domainComponents: readonly string[]) => Lifetime | undefined;
}

const caUsage: readonly KeyUsage[] = ['keyCertSign', 'cRLSign'];
const root = { root: true, pathLengths: [undefined, 2, 3, 4] };
const ownerDecides = (): undefined => undefined;

/** Leap days and the hours that clocks differ by are no departure. */
const year = 366;
const month = 31;

const bounds =
  (minimum: number, maximum: number): ProfileRules['lifetime'] =>
  () => ({ minimum, maximum });

/** Only the V2G root's own sub-CAs are bound; an OEM and an MO choose for theirs. */
const boundsUnderV2gRoot =
  (minimum: number, maximum: number): ProfileRules['lifetime'] =>
  (domainComponents) =>
    domainComponents.includes('V2G') ? { minimum, maximum } : undefined;

const subCaDomains = ['V2G', 'CPS', 'CPO', 'OEM', 'MO'];

/** ISO 15118-2 annex F: what each role's certificate looks like. */
export const profileRules: Readonly<Record<CertificateRole, ProfileRules>> = {
  V2G_ROOT: {
    ca: root,
    domainComponents: ['V2G'],
    keyUsage: caUsage,
    lifetime: bounds(0, 40 * year),
  },
  OEM_ROOT: { ca: root, domainComponents: ['OEM'], keyUsage: caUsage, lifetime: ownerDecides },
  MO_ROOT: { ca: root, domainComponents: ['MO'], keyUsage: caUsage, lifetime: ownerDecides },
  SUB_CA_1: {
    // 0 where a single sub-CA issues the leaves itself.
    ca: { root: false, pathLengths: [1, 0] },
    domainComponents: subCaDomains,
    keyUsage: caUsage,
    lifetime: boundsUnderV2gRoot(0, 4 * year),
  },
  SUB_CA_2: {
    ca: { root: false, pathLengths: [0] },
    domainComponents: subCaDomains,
    keyUsage: caUsage,
    lifetime: boundsUnderV2gRoot(year - 1, 2 * year),
  },
  CPS_LEAF: {
    domainComponents: ['CPS'],
    keyUsage: ['digitalSignature'],
    lifetime: bounds(2 * 28, 3 * month),
  },
  CPO_LEAF: {
    domainComponents: ['CPO'],
    keyUsage: ['digitalSignature', 'keyAgreement'],
    lifetime: bounds(2 * 28, 3 * month),
  },
  OEM_LEAF: {
    domainComponents: ['OEM'],
    keyUsage: ['digitalSignature', 'keyAgreement'],
    lifetime: ownerDecides,
  },
  CONTRACT_LEAF: {
    domainComponents: ['MO'],
    keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
    lifetime: bounds(28, 2 * year),
  },
};
