import { ChargeGraphError } from '@chargegraph/service';

/** The refusal of something that is no usable certificate; `what` completes the sentence. */
export function invalidCertificate(what: string, cause?: unknown): ChargeGraphError {
  return new ChargeGraphError('CERTIFICATE_INVALID', `The certificate is not valid: ${what}.`, { cause });
}
