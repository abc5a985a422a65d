/** Bits of the code that tells which global element of the CommonMessages schema is the document's root. */
export const ROOT_BITS = 6;

/** The certificate messages among these elements; each is a root of its own, there is no envelope. */
export const ROOT_CODES = {
  CertificateInstallationReq: 7,
  CertificateInstallationRes: 8,
} as const;

export const RESPONSE_CODE_BITS = 6;
export const EVSE_PROCESSING_BITS = 2;
export const ECDH_CURVE_BITS = 1;

/** The choice of the encrypted private key: three productions and the escape. */
export const ENCRYPTED_KEY_BITS = 2;
