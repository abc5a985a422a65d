import { KnownTexts } from '../exi/known-texts.ts';

/** EXI as canonicalization and as transform, with the slash at the end that every stack writes (ISO 15118-2, 7.9.2.4). */
export const CANONICAL_EXI = 'http://www.w3.org/TR/canonical-exi/';

/** ECDSA with SHA-256 (RFC 6931, 2.3.6), the signature of ISO 15118-2. */
export const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';

/** SHA-256 (XML Encryption 5.8.3), the digest of ISO 15118-2. */
export const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** ECDSA with SHA-512 (RFC 6931, 2.3.6), the signature of ISO 15118-20. */
export const ECDSA_SHA512 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512';

/** SHA-512 (XML Encryption 5.8.4), the digest of ISO 15118-20. */
export const SHA512 = 'http://www.w3.org/2001/04/xmlenc#sha512';

/** All of them, as they stand in nearly every message. */
export const knownAlgorithms = new KnownTexts([CANONICAL_EXI, ECDSA_SHA256, SHA256, ECDSA_SHA512, SHA512]);
