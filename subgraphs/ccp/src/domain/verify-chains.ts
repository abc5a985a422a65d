import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import {
  checkProfile,
  verifyChain,
  type Certificate,
  type CertificateRole,
  type ChainFailure,
  type ValidChain,
} from '@chargegraph/pki';
import type { SignedContractData } from './contract.ts';
import type { TrustAnchors } from './other-pools.ts';
import type { ResponseCertificates } from './response-certificates.ts';

/** What is kept of the two chains of signed contract data. */
export type VerifiedChains = Pick<
  SignedContractData,
  'v2gRoot' | 'contractRootFingerprint' | 'contractFingerprint' | 'beginsAt' | 'endsAt'
>;

const path = ['signedContractData'];

/**
 * Verifies the provisioning service's chain up to a V2G root and the contract's up to an MO or V2G root, both with
 * the profile of their leaves (ISO 15118-2 annex F). The contract certificate may begin later than `at`.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID, CERTIFICATE_EXPIRED, CHAIN_INVALID or ROOT_UNKNOWN
 */
export function verifyChains(
  certificates: ResponseCertificates,
  anchors: TrustAnchors,
  at: Date,
): VerifiedChains {
  requireProfile(certificates.cps, 'CPS_LEAF');
  requireProfile(certificates.contract, 'CONTRACT_LEAF');
  const cps = requireChain({
    leaf: certificates.cps,
    intermediates: certificates.cpsSubCas,
    roots: anchors.v2g,
    at,
  });
  const contract = requireChain({
    leaf: certificates.contract,
    intermediates: certificates.contractSubCas,
    roots: [...anchors.mo, ...anchors.v2g],
    at,
    allowFutureLeaf: true,
  });
  const all = [...cps.path, ...contract.path];
  return {
    v2gRoot: cps.root,
    contractRootFingerprint: contract.root.fingerprint,
    contractFingerprint: certificates.contract.fingerprint,
    beginsAt: new Date(Math.max(...all.map(({ notBefore }) => notBefore.getTime()))),
    endsAt: new Date(Math.min(...all.map(({ notAfter }) => notAfter.getTime()))),
  };
}

function requireProfile(certificate: Certificate, role: CertificateRole): void {
  const hard = checkProfile(certificate, role).find(({ severity }) => severity === 'hard');
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
