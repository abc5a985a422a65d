/**
 * Greatest lengths and counts of the ISO 15118-20 schemas (V2G_CI_CommonMessages.xsd, V2G_CI_CommonTypes.xsd):
 * octets for binaries, characters for strings. Minimum and exact lengths are not enforced: whoever unwraps a
 * contract key checks them.
 */
export const ISO20_LIMITS = {
  sessionId: 8,
  certificate: 1600,
  subCertificates: 3,
  rootCertificateIds: 20,
  prioritizedEmaids: 8,
  emaid: 255,
  dhPublicKey: 133,
  /** By the kind of the encrypted private key. */
  encryptedPrivateKey: { SECP521: 94, X448: 84, TPM: 206 },
  /** Of MaximumContractCertificateChains and RemainingContractCertificateChains. */
  chains: 255,
  /** Of TimeStamp: an unsigned integer of 64 bits. */
  timeStamp: 0xffff_ffff_ffff_ffffn,
} as const;
