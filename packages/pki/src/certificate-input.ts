import { invalidCertificate } from './invalid-certificate.ts';

/** Larger certificates are refused unread; ISO 15118 allows 800 octets (-2) and 1,600 (-20). */
export const maximumCertificateSize = 16 * 1024;

/** Base64 of the largest certificate, with line ends and PEM's first and last line. */
const maximumTextLength = 2 * maximumCertificateSize;

const pem = /^-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----$/;

/**
 * The DER octets of what was given as DER, PEM or base64: those given, where they are octets. Looks at the wrapping only.
 *
 * @throws ChargeGraphError('CERTIFICATE_INVALID')
 */
export function decodeCertificate(input: Uint8Array | string): Uint8Array {
  const der = typeof input === 'string' ? decodeText(input) : input;
  if (der.length > maximumCertificateSize) throw invalidCertificate('it is larger than 16 KiB');
  if (der.length === 0) throw invalidCertificate('it is empty');
  // The parser below would also take PEM in octets, which nobody sends.
  if (der[0] !== 0x30) throw invalidCertificate('it is not an X.509 certificate in DER');
  return der;
}

function decodeText(text: string): Uint8Array {
  if (text.length > maximumTextLength) throw invalidCertificate('it is larger than 16 KiB');
  const trimmed = text.trim();
  const isPem = trimmed.startsWith('-');
  const body = isPem ? pem.exec(trimmed)?.[1] : trimmed;
  if (body === undefined) throw invalidCertificate('it is not exactly one certificate in PEM');
  const base64 = body.replace(/\s+/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64) throw invalidCertificate('it is not base64');
  return der;
}
