import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import {
  checkProfile,
  verifyChain,
  type Certificate,
  type CertificateRole,
  type ChainFailure,
  type ProfileCode,
  type ProfileStrictness,
  type ValidChain,
} from '@chargegraph/pki';
import { inDatesFirst, type RootSet } from '@chargegraph/trust';
import type { Namespace, SignedContractData } from './contract.ts';
import { endOf, endsOf, type DataEnds } from './data-ends.ts';
import { profileWarnings } from './data-warnings.ts';
import { editionOf } from './edition.ts';
import type { ResponseCertificates } from './response-certificates.ts';

/** What is kept of the two chains of signed contract data. */
export type VerifiedChains = Pick<
  SignedContractData,
  'v2gRoot' | 'contractRootFingerprint' | 'contractFingerprint' | 'beginsAt' | 'endsAt'
>;

const path = ['signedContractData'];

/** What the chains are verified with. */
export interface ChainsQuestion {
  readonly trusted: RootSet;
  /** The generation of the signed data, whose curves and sizes apply. */
  readonly namespace: Namespace;
  /** `strict` refuses what is a warning otherwise. */
  readonly profile: ProfileStrictness;
  readonly at: Date;
}

/**
 * Verifies the provisioning service's chain up to a V2G root and the contract's up to an MO or V2G root, both with
 * the profile of their leaves (ISO 15118-2 annex F, with the curves and sizes of the generation) and its keys on their
 * sub-CAs. The contract certificate may begin later than `at`.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CHAIN_INVALID or ROOT_UNKNOWN
 */
export function verifyChains(
  certificates: ResponseCertificates,
  { trusted, namespace, profile, at }: ChainsQuestion,
): {
  readonly chains: VerifiedChains;
  readonly ends: DataEnds;
  /** Leaf first, root last: the contract's, then the provisioning service's. */
  readonly paths: readonly (readonly Certificate[])[];
} {
  const edition = editionOf(namespace);
  requireProfile(certificates.cps, 'CPS_LEAF', edition);
  requireProfile(certificates.contract, 'CONTRACT_LEAF', edition);
  for (const subCa of [...certificates.cpsSubCas, ...certificates.contractSubCas]) {
    requireProfile(subCa, 'SUB_CA_2', edition, keyCodes);
  }
  const cps = requireChain({
    leaf: certificates.cps,
    intermediates: certificates.cpsSubCas,
    roots: inDatesFirst(trusted.of('V2G'), at),
    at,
  });
  if (certificates.contract.notAfter <= at) {
    // OPCP's sentence.
    const message = 'The validUntil date of contract certificate is in the past.';
    throw new ChargeGraphError('CERTIFICATE_EXPIRED', message, { path });
  }
  const contract = requireChain({
    leaf: certificates.contract,
    intermediates: certificates.contractSubCas,
    roots: inDatesFirst(trusted.of('MO', 'V2G'), at),
    at,
    allowFutureLeaf: true,
  });
  const roots = { cps: cps.root, contract: contract.root };
  const [warning] = profile === 'strict' ? profileWarnings(certificates, namespace, roots) : [];
  if (warning !== undefined) {
    throw new ChargeGraphError('CERTIFICATE_INVALID', `The certificate ${warning}`, { path });
  }
  const all = [...cps.path, ...contract.path];
  return {
    chains: {
      v2gRoot: cps.root,
      contractRootFingerprint: contract.root.fingerprint,
      contractFingerprint: certificates.contract.fingerprint,
      beginsAt: new Date(Math.max(...all.map(({ notBefore }) => notBefore.getTime()))),
      endsAt: endOf(all),
    },
    ends: endsOf(certificates, roots),
    paths: [contract.path, cps.path],
  };
}

/** What of the profile holds for a sub-CA at any place; that it is a CA, and how deep, is the chain's to say. */
const keyCodes: readonly ProfileCode[] = ['CURVE', 'SIGNATURE_ALGORITHM', 'SIZE'];

function requireProfile(
  certificate: Certificate,
  role: CertificateRole,
  edition: '-2' | '-20',
  only?: readonly ProfileCode[],
): void {
  const hard = checkProfile(certificate, role, { edition }).find(
    ({ severity, code }) => severity === 'hard' && (only?.includes(code) ?? true),
  );
  if (hard === undefined) return;
  throw new ChargeGraphError(
    'CERTIFICATE_INVALID',
    `The certificate ${certificate.subject}: ${hard.message}`,
    { path },
  );
}

const codes: Partial<Record<ChainFailure, ErrorCode>> = {
  EXPIRED: 'CERTIFICATE_EXPIRED',
  UNKNOWN_ROOT: 'ROOT_UNKNOWN',
  MALFORMED: 'CERTIFICATE_INVALID',
};

function requireChain(question: Parameters<typeof verifyChain>[0]): ValidChain {
  const verdict = verifyChain(question);
  if (verdict.valid) return verdict;
  throw new ChargeGraphError(codes[verdict.reason] ?? 'CHAIN_INVALID', verdict.message, { path });
}
