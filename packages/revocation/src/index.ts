export { createRevocation, type RevocationOptions } from './revocation.ts';
export { certificateStatusTablePath, readCertificateStatusTable } from './certificate-status-table.ts';
export { requireAccepted, requireNoneRevoked } from './refusal.ts';
export {
  revocationPolicies,
  type AcceptedPath,
  type CertificateStatus,
  type IssuedPair,
  type OperationRevocation,
  type RefreshOptions,
  type RefusedPath,
  type Revocation,
  type RevocationFinding,
  type RevocationMeans,
  type RevocationPolicy,
  type WaitOptions,
} from './revocation-types.ts';
