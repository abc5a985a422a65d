/**
 * Greatest lengths and counts of the ISO 15118-2 schema: octets for binaries, characters for strings. Minimum
 * lengths are not enforced: negative responses in the field carry placeholders of one octet or character. Nor are
 * the lengths of the wrapped key and the DH public key, which belong to the curve: whoever unwraps checks them.
 */
export const ISO2_LIMITS = {
  sessionId: 8,
  faultMsg: 64,
  certificate: 800,
  subCertificates: 4,
  rootCertificateIds: 20,
  /** Kept when writing messages only: systems in the field send the 18 characters of the hyphenated form. */
  emaid: 15,
  retryCounterMin: -32_768,
  retryCounterMax: 32_767,
} as const;
