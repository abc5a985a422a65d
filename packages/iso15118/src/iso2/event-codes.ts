/** V2G_Message among the global elements of the ISO 15118-2 schema; 7 bits. */
export const V2G_MESSAGE = 76;
export const V2G_MESSAGE_BITS = 7;

/** Bits of the code that tells which element a Body holds. */
export const BODY_BITS = 6;

/** The certificate messages among the elements of a Body. */
export const BODY_CODES = {
  CertificateInstallationReq: 5,
  CertificateInstallationRes: 6,
  CertificateUpdateReq: 7,
  CertificateUpdateRes: 8,
} as const;

/** Productions of a Body: 35 elements and, as code 35, its END (an empty body). */
export const BODY_PRODUCTIONS = 36;

export const RESPONSE_CODE_BITS = 5;
export const FAULT_CODE_BITS = 2;
