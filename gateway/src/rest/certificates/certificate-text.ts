import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';

/**
 * A certificate as OPCP's clients send it: base64 of its DER octets in one line or wrapped, or PEM. What the operation
 * would refuse anyway as no certificate is refused here, in OPCP's words.
 *
 * @param field the name that OPCP's sentence gives it
 * @returns the text, for the graph
 * @throws ChargeGraphError CERTIFICATE_INVALID
 */
export function certificateText(text: string, field: string): string {
  try {
    parseCertificate(text);
    return text;
  } catch (cause) {
    if (!(cause instanceof ChargeGraphError)) throw cause;
    throw new ChargeGraphError('CERTIFICATE_INVALID', `Invalid certificate format on ${field}`, { cause });
  }
}

/** A field that may be left out: undefined for null, an empty text and blanks, which clients send for nothing. */
export const optionalText = (text: string | null | undefined): string | undefined =>
  text == null || text.trim() === '' ? undefined : text;

/** A certificate as OPCP's answers hold it: base64 of its DER octets in one line. */
export const derText = ({ der }: Certificate): string => Buffer.from(der).toString('base64');
