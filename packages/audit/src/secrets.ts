/** A PEM block, whole or cut off. */
const pemBlock = /-----BEGIN[^]*?(?:-----END[^-]*-----|$)/g;
/** Long enough to be a key, a token, a client's secret or a certificate; no identifier has 40 such characters. */
const longRun = /[A-Za-z0-9+/_.-]{40,}/g;
/** What may be that long and is no secret: a fingerprint, and a sentence's end that hangs on it. */
const fingerprint = /^[0-9a-f]{64}\.?$/;

const leftOut = '[left out]';

/** A text without anything in it that looks like key material, a certificate, a token or a client's secret. */
export function withoutSecrets(text: string): string {
  return text.replace(pemBlock, leftOut).replace(longRun, (run) => (fingerprint.test(run) ? run : leftOut));
}
