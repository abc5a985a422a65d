import type { Certificate } from './certificate.ts';
import type { KeyUsage } from './certificate-extensions.ts';
import { profileRules, type CertificateRole } from './profile-rules.ts';

/** What a certificate departs from the profile in. */
export const profileCodes = [
  'CURVE',
  'SIGNATURE_ALGORITHM',
  'COMMON_NAME',
  'SIZE',
  'NOT_A_CA',
  'PATH_LENGTH',
  'UNEXPECTED_CA',
  'NOT_SELF_ISSUED',
  'DOMAIN_COMPONENT',
  'KEY_USAGE',
  'BASIC_CONSTRAINTS',
  'KEY_IDENTIFIER',
  'LIFETIME',
  'NESTING',
] as const;

/** One of {@link profileCodes}. */
export type ProfileCode = (typeof profileCodes)[number];

/** A departure from the profile: `hard` ones refuse the certificate, `soft` ones are shown as warnings. */
export interface ProfileFinding {
  readonly severity: 'hard' | 'soft';
  readonly code: ProfileCode;
  /** One sentence for people. */
  readonly message: string;
}

/** `strict` refuses what `lenient` shows as a warning: in what certificates of the field depart from the profile. */
export type ProfileStrictness = 'lenient' | 'strict';

/** How {@link checkProfile} judges. */
export interface ProfileOptions {
  /** The edition of ISO 15118 whose curves and sizes apply; -2 by default. */
  readonly edition?: '-2' | '-20';
  /** `strict` makes every finding hard; `lenient` is the default. */
  readonly profile?: ProfileStrictness;
  /** The issuer, to check that the dates lie within its own. */
  readonly issuer?: Certificate;
}

interface Edition {
  readonly curves: ReadonlySet<string>;
  readonly signatures: ReadonlySet<string>;
  /** Octets of DER. */
  readonly size: number;
}

const editions: Readonly<Record<'-2' | '-20', Edition>> = {
  '-2': { curves: new Set(['P-256']), signatures: new Set(['ECDSA/SHA-256']), size: 800 },
  '-20': {
    curves: new Set(['P-521', 'Ed448', 'X448']),
    signatures: new Set(['ECDSA/SHA-512', 'Ed448']),
    size: 1600,
  },
};

const day = 86_400_000;

/**
 * Compares a certificate with the profile of its role (ISO 15118-2 annex F; curves and sizes of -20 where that
 * edition is asked for). Curve, signature algorithm, common name, size, CA flag and path length are hard,
 * everything else is soft unless `profile` is `strict`. Says nothing about dates as of now or the chain.
 *
 * @throws ChargeGraphError('CERTIFICATE_INVALID') if an extension or the key is malformed
 */
export function checkProfile(
  certificate: Certificate,
  role: CertificateRole,
  options: ProfileOptions = {},
): ProfileFinding[] {
  const findings: ProfileFinding[] = [];
  const strict = options.profile === 'strict';
  const hard = (code: ProfileCode, wrong: boolean, message: string): void => {
    if (wrong) findings.push({ severity: 'hard', code, message });
  };
  const soft = (code: ProfileCode, wrong: boolean, message: string): void => {
    if (wrong) findings.push({ severity: strict ? 'hard' : 'soft', code, message });
  };
  const rules = profileRules[role];
  const edition = editions[options.edition ?? '-2'];

  const { curve, signatureAlgorithm, commonName, size } = certificate;
  hard('CURVE', !edition.curves.has(curve), `The key is ${curve}, not ${[...edition.curves].join(' or ')}.`);
  hard(
    'SIGNATURE_ALGORITHM',
    !edition.signatures.has(signatureAlgorithm),
    `It is signed with ${signatureAlgorithm}, not ${[...edition.signatures].join(' or ')}.`,
  );
  hard('COMMON_NAME', (commonName ?? '').trim() === '', 'The subject does not have exactly one common name.');
  hard('SIZE', size > edition.size, `It has ${String(size)} octets; ${String(edition.size)} are allowed.`);

  const isConstrained = certificate.criticalExtensions.has('2.5.29.19');
  if (rules.ca) {
    hard('NOT_A_CA', !certificate.isCa, 'It has no CA flag.');
    const { pathLength } = certificate;
    hard(
      'PATH_LENGTH',
      !rules.ca.pathLengths.includes(pathLength),
      `Its path length is ${pathLength === undefined ? 'unlimited' : String(pathLength)}.`,
    );
    soft('BASIC_CONSTRAINTS', !isConstrained, 'Its basic constraints are not marked critical.');
    if (rules.ca.root) {
      const selfIssued = certificate.subjectKey === certificate.issuerKey;
      hard('NOT_SELF_ISSUED', !selfIssued, 'It is not issued by itself.');
    }
  } else {
    soft('UNEXPECTED_CA', certificate.isCa, 'It has a CA flag.');
  }

  soft(
    'DOMAIN_COMPONENT',
    !certificate.domainComponents.some((component) => rules.domainComponents.includes(component)),
    `Its domain component is not ${rules.domainComponents.join(' or ')}.`,
  );
  soft(
    'KEY_USAGE',
    !hasUsages(certificate, rules.keyUsage),
    `Its key usage is not ${rules.keyUsage.join(', ')}.`,
  );
  soft(
    'KEY_IDENTIFIER',
    certificate.subjectKeyIdentifier === undefined,
    'It has no subject key identifier, by which its key can be named.',
  );
  const lifetime = (certificate.notAfter.getTime() - certificate.notBefore.getTime()) / day;
  const limits = rules.lifetime(certificate.domainComponents);
  soft(
    'LIFETIME',
    limits !== undefined && (lifetime < limits.minimum || lifetime > limits.maximum),
    `It is valid for ${String(Math.round(lifetime))} days.`,
  );
  const { issuer } = options;
  soft(
    'NESTING',
    issuer !== undefined &&
      (certificate.notBefore < issuer.notBefore || certificate.notAfter > issuer.notAfter),
    "Its dates reach beyond its issuer's.",
  );
  return findings;
}

function hasUsages(certificate: Certificate, expected: readonly KeyUsage[]): boolean {
  const isCritical = certificate.criticalExtensions.has('2.5.29.15');
  const { keyUsage } = certificate;
  return isCritical && keyUsage !== undefined && expected.every((usage) => keyUsage.has(usage));
}
