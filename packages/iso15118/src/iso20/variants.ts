/**
 * Deviations from the encoding (EXI 1.0) and the algorithms of ISO 15118-20 that systems in the field produce. They
 * are accepted and named; the encoding ones are never written.
 *
 * - `p256-profile`: SHA-256 and ECDSA on P-256, the algorithms of ISO 15118-2, instead of SHA-512 and P-521.
 * - `iso20-signed-info`: the signature is over SignedInfo in a fragment of the CommonMessages schema instead of
 *   the XML Signature schema alone.
 * - `trailing-octets`: octets follow the end of the document.
 * - `libcbv2g-end`: a two-bit END after the last repetition that the schema allows.
 */
export const iso20Variants = [
  'p256-profile',
  'iso20-signed-info',
  'trailing-octets',
  'libcbv2g-end',
] as const;

/** One of {@link iso20Variants}: a deviation from ISO 15118-20 or EXI 1.0. */
export type Iso20Variant = (typeof iso20Variants)[number];
