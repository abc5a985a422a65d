import type { Certificate } from './certificate.ts';
import { checkProfile, type ProfileFinding, type ProfileOptions } from './profile.ts';
import type { CertificateRole } from './profile-rules.ts';

/** A departure from the profile of one certificate of a path. */
export interface PathFinding extends ProfileFinding {
  readonly certificate: Certificate;
}

/**
 * Compares each certificate of a path with the profile of its place: `leafRole` first, the CA below the root as first
 * sub-CA, those between as second ones. The root was judged when it came into the root pool.
 *
 * @param certificates a verified chain from the leaf on, without its root
 * @param leafRole undefined for a CA at the path's beginning
 * @param options.root the issuer of the last one, for the nesting of its dates
 * @throws ChargeGraphError('CERTIFICATE_INVALID') if an extension or a key is malformed
 */
export function checkPathProfile(
  certificates: readonly Certificate[],
  leafRole: CertificateRole | undefined,
  { root, ...options }: Omit<ProfileOptions, 'issuer'> & { readonly root?: Certificate | undefined } = {},
): PathFinding[] {
  return certificates.flatMap((certificate, depth) => {
    const issuer = certificates[depth + 1] ?? root;
    const place = depth === certificates.length - 1 ? 'SUB_CA_1' : 'SUB_CA_2';
    const role = depth === 0 ? (leafRole ?? place) : place;
    const findings = checkProfile(certificate, role, { ...options, ...(issuer && { issuer }) });
    return findings.map((finding) => ({ ...finding, certificate }));
  });
}

/** The departures as sentences, each with its certificate's subject before it. */
export const warningsOf = (findings: readonly PathFinding[]): string[] =>
  findings.map(({ certificate, message }) => `${certificate.subject}: ${message}`);
