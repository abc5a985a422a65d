import { readGlobalId } from '@chargegraph/graph';

/**
 * OPCP's id of a root, which has to be a UUID: made of the first octets of its fingerprint, with the version and variant
 * of a UUID of one's own making (RFC 9562 section 5.8).
 */
export function rootCertificateId(fingerprint: string): string {
  const variant = ((parseInt(fingerprint.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  return [
    fingerprint.slice(0, 8),
    fingerprint.slice(8, 12),
    `8${fingerprint.slice(13, 16)}`,
    variant + fingerprint.slice(17, 20),
    fingerprint.slice(20, 32),
  ].join('-');
}

/** Which root a client means: by its whole fingerprint, or by the id that OPCP gives it. */
export type NamedRoot = { readonly fingerprint: string } | { readonly id: string };

const sha256 = /^[0-9a-f]{64}$/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Reads an OPCP id, a fingerprint with or without colons, or a global id of the graph; undefined for anything else. */
export function readRootName(text: string): NamedRoot | undefined {
  const lower = text.trim().toLowerCase();
  const hex = lower.replaceAll(':', '');
  if (sha256.test(hex)) return { fingerprint: hex };
  if (uuid.test(lower)) return { id: lower };
  const [fingerprint] = readGlobalId('RootCertificate', text) ?? [];
  return fingerprint !== undefined && sha256.test(fingerprint) ? { fingerprint } : undefined;
}
