import { AsnConvert } from '@peculiar/asn1-schema';
import { IssuingDistributionPoint } from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate.ts';
import { NoVerdict } from './no-verdict.ts';

/** Which certificates a CRL is about. */
export interface CrlScope {
  /** The distribution points that it is of; undefined for any. */
  readonly urls: readonly string[] | undefined;
  /** Undefined for CAs and others alike. */
  readonly only: 'CAS' | 'OTHERS' | undefined;
}

/** The scope of a CRL that names none. */
export const everything: CrlScope = { urls: undefined, only: undefined };

/**
 * Reads the issuing distribution point (RFC 5280 clause 5.2.5).
 *
 * @param octets the extension's value
 * @throws NoVerdict for one of several issuers, of attribute certificates, or of some reasons only
 */
export function readScope(octets: ArrayBuffer): CrlScope {
  const point = AsnConvert.parse(octets, IssuingDistributionPoint);
  if (point.indirectCRL) throw new NoVerdict('gave an indirect CRL, which is not used');
  if (point.onlyContainsAttributeCerts || point.onlySomeReasons !== undefined) {
    throw new NoVerdict('gave a CRL that is not about every revocation');
  }
  const name = point.distributionPoint;
  const urls = name?.fullName?.flatMap(({ uniformResourceIdentifier: url }) => url ?? []);
  return {
    urls: name === undefined ? undefined : (urls ?? []),
    only: point.onlyContainsCACerts ? 'CAS' : point.onlyContainsUserCerts ? 'OTHERS' : undefined,
  };
}

/**
 * Checks that a CRL of this scope is about the certificate: a CA may divide its certificates among several CRLs, and
 * one in the place of another would know nothing of it.
 *
 * @throws NoVerdict if it is not
 */
export function checkScope({ urls, only }: CrlScope, certificate: Certificate): void {
  const isNamed = urls === undefined || certificate.crlUrls.some((url) => urls.includes(url));
  const isOfKind = only === undefined || (only === 'CAS') === certificate.isCa;
  if (!isNamed || !isOfKind) throw new NoVerdict('gave a CRL that is about other certificates');
}
