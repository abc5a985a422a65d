import type { Certificate } from './certificate.ts';

/**
 * Checks a certificate's dates: its end has to lie in the future, its beginning not.
 *
 * @param at the instant at which it has to be valid
 * @param options.allowFuture lets its validity begin later than `at`
 * @returns the failure, undefined if there is none
 */
export function checkValidity(
  certificate: Pick<Certificate, 'notBefore' | 'notAfter'>,
  at: Date,
  options: { readonly allowFuture?: boolean } = {},
): 'EXPIRED' | 'NOT_YET_VALID' | undefined {
  if (at >= certificate.notAfter) return 'EXPIRED';
  if (options.allowFuture !== true && at < certificate.notBefore) return 'NOT_YET_VALID';
  return undefined;
}
