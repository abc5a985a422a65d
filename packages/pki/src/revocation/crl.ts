import { AsnConvert } from '@peculiar/asn1-schema';
import {
  Extensions,
  id_ce_cRLNumber,
  id_ce_deltaCRLIndicator,
  id_ce_issuingDistributionPoint,
  Time,
  type Extension,
} from '@peculiar/asn1-x509';
import type { Certificate } from '../certificate.ts';
import { octetsOf, sameName } from './certificate-octets.ts';
import { CrlEntries } from './crl-entries.ts';
import { everything, readScope, type CrlScope } from './crl-scope.ts';
import { bitStringOctets, elementsOf, readOnlyElement, type Element } from './elements.ts';
import type { Period } from './freshness.ts';
import { NoVerdict } from './no-verdict.ts';
import { isSignature } from './signature.ts';

/** A CRL whose signature is its issuer's. */
export interface Crl extends Period {
  readonly scope: CrlScope;
  readonly entries: CrlEntries;
}

/** Extensions whose meaning is taken into account, or that restrict nothing. */
const understood: ReadonlySet<string> = new Set([
  '2.5.29.18', // issuer alternative name
  '2.5.29.35', // authority key identifier
  id_ce_cRLNumber,
  id_ce_issuingDistributionPoint,
]);

interface Fields {
  readonly algorithm: Element;
  readonly issuer: Element;
  readonly thisUpdate: Element;
  readonly nextUpdate: Element | undefined;
  readonly entries: Element | undefined;
  readonly extensions: Element | undefined;
}

/**
 * Reads a complete CRL in DER (RFC 5280 clause 5) and verifies that `issuer` signed it and may do so. Nothing but its
 * outline is read before the signature is known to be right. Says nothing of its dates.
 *
 * @throws NoVerdict if it can't be used
 */
export async function readCrl(octets: Uint8Array, issuer: Certificate): Promise<Crl> {
  try {
    const [tbs, algorithm, signature, ...more] = elementsOf(readOnlyElement(octets));
    if (tbs === undefined || algorithm === undefined || signature === undefined || more.length > 0) {
      throw new Error('fields are missing or left over');
    }
    const fields = fieldsOf(tbs);
    if (Buffer.compare(fields.algorithm.raw, algorithm.raw) !== 0)
      throw new Error('two algorithms are named');
    if (!sameName(fields.issuer.raw, octetsOf(issuer).subject)) {
      throw new NoVerdict('gave a CRL of another issuer');
    }
    if (issuer.keyUsage?.has('cRLSign') === false) {
      throw new NoVerdict('gave a CRL of an issuer that is not allowed to sign any');
    }
    const signed = await isSignature(algorithm.raw, tbs.raw, issuer.publicKey, bitStringOctets(signature));
    if (!signed) throw new NoVerdict('gave a CRL with a wrong signature');
    return await readSigned(fields);
  } catch (cause) {
    if (cause instanceof NoVerdict) throw cause;
    throw new NoVerdict('gave a CRL that cannot be read', { cause });
  }
}

async function readSigned(fields: Fields): Promise<Crl> {
  const { thisUpdate, nextUpdate, entries, extensions } = fields;
  return {
    scope: extensions === undefined ? everything : scopeOf(extensions),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: nextUpdate && readTime(nextUpdate),
    entries: await CrlEntries.read(entries?.value ?? new Uint8Array()),
  };
}

/** TBSCertList, in order: version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates, extensions. */
function fieldsOf(tbs: Element): Fields {
  const rest = elementsOf(tbs);
  const take = (...tags: number[]): Element | undefined =>
    tags.includes(rest[0]?.universal ?? -1) ? rest.shift() : undefined;
  take(2);
  const [algorithm, issuer, thisUpdate] = [take(16), take(16), take(23, 24)];
  const [nextUpdate, entries] = [take(23, 24), take(16)];
  const extensions = rest[0]?.context === 0 ? rest.shift() : undefined;
  if (algorithm === undefined || issuer === undefined || thisUpdate === undefined || rest.length > 0) {
    throw new Error('fields are missing or left over');
  }
  return { algorithm, issuer, thisUpdate, nextUpdate, entries, extensions };
}

function scopeOf(extensions: Element): CrlScope {
  const list: readonly Extension[] = AsnConvert.parse(extensions.value, Extensions);
  if (list.some(({ extnID }) => extnID === id_ce_deltaCRLIndicator)) {
    throw new NoVerdict('gave a delta CRL, which is not used');
  }
  if (list.some(({ critical, extnID }) => critical && !understood.has(extnID))) {
    throw new NoVerdict('gave a CRL with a critical extension that is not known');
  }
  const point = list.find(({ extnID }) => extnID === id_ce_issuingDistributionPoint);
  return point === undefined ? everything : readScope(point.extnValue.buffer);
}

function readTime(element: Element): Date {
  return AsnConvert.parse(element.raw, Time).getTime();
}
