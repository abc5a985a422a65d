export { parseCertificate, toPem, type Certificate, type KeyCurve } from './certificate.ts';
export { keyUsages, type KeyUsage } from './certificate-extensions.ts';
export { maximumCertificateSize } from './certificate-input.ts';
export {
  formatDistinguishedName,
  parseDistinguishedName,
  sameDistinguishedName,
  type DistinguishedName,
  type NameAttribute,
} from './distinguished-name.ts';
export { checkValidity } from './validity.ts';
export { maximumIntermediates, verifyChain, type ChainQuestion } from './chain.ts';
export {
  chainFailures,
  type ChainFailure,
  type ChainVerdict,
  type InvalidChain,
  type ValidChain,
} from './chain-verdict.ts';
export { LinkCache } from './link-cache.ts';
export {
  checkProfile,
  profileCodes,
  type ProfileCode,
  type ProfileFinding,
  type ProfileOptions,
  type ProfileStrictness,
} from './profile.ts';
export { checkPathProfile, warningsOf, type PathFinding } from './path-profile.ts';
export { certificateRoles, type CertificateRole } from './profile-rules.ts';
export type { KeyStore } from './key-store.ts';
export { EncryptedFileKeyStore, type EncryptedFileKeyStoreOptions } from './encrypted-file-key-store.ts';
export type { Subject } from './certificate-parts.ts';
export {
  contractLifetime,
  issueContractCertificateWith,
  type ContractCertificateOrder,
  type IssuingCa,
} from './issue-contract-certificate.ts';
export { issueCrlWith, maySignCrls, type CrlOrder, type RevokedEntry } from './issue-crl.ts';
export { signCms } from './sign-cms.ts';
export { openTrustListSigner, trustListCertificateFile } from './trust-list-signer.ts';
export { generateEcKeyPair, type KeyPair } from './generate-key-pair.ts';
export { canSign, signData } from './sign-data.ts';
export {
  issueCertificate,
  type CertificateRequest,
  type IssuedCertificate,
} from './demo/issue-certificate.ts';
export {
  createDemoPki,
  type DemoPki,
  type DemoPkiOptions,
  type LeafBranch,
  type SubCaBranch,
} from './demo/demo-pki.ts';
export {
  issueContractCertificate,
  issueProvisioningCertificate,
  type CertificateOnly,
  type ContractCertificateRequest,
  type ProvisioningCertificateRequest,
} from './demo/leaf-certificates.ts';
export { readDemoPki, writeDemoPki } from './demo/demo-pki-files.ts';
export { createRevocationChecker, type NetworkParts } from './revocation/checker.ts';
export {
  isFinal,
  namesNoSource,
  namesSource,
  revocationReasons,
  revocationSources,
  revocationStates,
  type CheckOptions,
  type RevocationChecker,
  type RevocationReason,
  type RevocationSource,
  type RevocationState,
  type RevocationStatus,
} from './revocation/status.ts';
export type { KeepingSettings, NetworkSettings, RevocationCheckerOptions } from './revocation/settings.ts';
