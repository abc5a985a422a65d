/**
 * Deviations from the standard's encoding that systems in the field produce. They are accepted and named; none
 * is ever written.
 *
 * - `strict-emaid`: the digest of eMAID is over EMAIDType instead of the element fragment grammar that two types
 *   of one name demand (EXI 1.0, 8.5.3).
 * - `iso2-signed-info`: the signature is over SignedInfo in a fragment of the ISO 15118-2 schema instead of the
 *   XML Signature schema alone.
 * - `trailing-octets`: octets follow the end of the document.
 * - `libcbv2g-end`: a two-bit END after the last repetition that the schema allows.
 * - `no-session-id`: the XML form lacks SessionID, which is filled in when the message is delivered; it is read
 *   as one of no octets.
 */
export const iso2Variants = [
  'strict-emaid',
  'iso2-signed-info',
  'trailing-octets',
  'libcbv2g-end',
  'no-session-id',
] as const;

/** One of {@link iso2Variants}: a deviation from ISO 15118-2 or EXI 1.0. */
export type Iso2Variant = (typeof iso2Variants)[number];
