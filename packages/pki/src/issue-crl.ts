import { setImmediate as nextTurn } from 'node:timers/promises';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  Certificate as AsnCertificate,
  CertificateList,
  CRLNumber,
  CRLReason,
  CRLReasons,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  KeyIdentifier,
  TBSCertList,
  Time,
  Version,
} from '@peculiar/asn1-x509';
import { ASN1Construction, ASN1TagClass, ASN1UniversalType, DERElement } from 'asn1-ts';
import { ChargeGraphError } from '@chargegraph/service';
import { wholeSeconds } from './certificate-parts.ts';
import type { IssuingCa } from './issue-contract-certificate.ts';
import { elementsOf, readOnlyElement } from './revocation/elements.ts';
import type { RevocationReason } from './revocation/status.ts';
import { AsnEcSignatureFormatter } from './x509.ts';

/** A certificate that is on the list. */
export interface RevokedEntry {
  readonly serialNumber: bigint;
  /** Milliseconds are dropped. */
  readonly revokedAt: Date;
  /** `unspecified` is left out, as RFC 5280 clause 5.3.1 wants it. */
  readonly reason: RevocationReason;
}

/** The list that is wanted. */
export interface CrlOrder {
  /** Positive, and higher than that of the list before. */
  readonly number: number;
  /** Milliseconds are dropped, of both. */
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: readonly RevokedEntry[];
}

/** Object identifiers of what a CA with a key of that kind signs with; the hashes are those of a key store. */
const algorithms: Readonly<Record<string, { readonly id: string; readonly ec?: string }>> = {
  'P-256': { id: '1.2.840.10045.4.3.2', ec: 'P-256' },
  'P-521': { id: '1.2.840.10045.4.3.4', ec: 'P-521' },
  Ed448: { id: '1.3.101.113' },
};

/** After so many entries other work gets its turn: a few milliseconds' worth. */
const entriesPerTurn = 500;

/** Whether a CA may sign revocation lists (RFC 5280 clause 4.2.1.3). */
export const maySignCrls = ({ keyUsage }: IssuingCa['certificate']): boolean =>
  keyUsage === undefined || keyUsage.has('cRLSign');

/**
 * Issues a complete CRL (RFC 5280, version 2) about what a CA itself issued. The CA's key stays where it is.
 *
 * @returns CertificateList in DER
 * @throws ChargeGraphError SIGNER_UNAVAILABLE when the CA's key is of a kind that certifies nothing in ISO 15118, its
 *   key usage does not allow it to sign CRLs, or `sign` refuses
 */
export async function issueCrlWith(ca: IssuingCa, order: CrlOrder): Promise<Uint8Array> {
  const { certificate: issuer } = ca;
  const known = algorithms[issuer.curve];
  if (known === undefined || !maySignCrls(issuer)) {
    throw new ChargeGraphError('SIGNER_UNAVAILABLE', `${issuer.subject}: This CA can sign no CRLs.`);
  }
  const algorithm = new AlgorithmIdentifier({ algorithm: known.id });
  const entries = await encodeEntries(order.entries);
  const tbsCertList = new TBSCertList({
    version: Version.v2,
    signature: algorithm,
    issuer: AsnConvert.parse(issuer.der, AsnCertificate).tbsCertificate.subject,
    thisUpdate: new Time(wholeSeconds(order.thisUpdate)),
    nextUpdate: new Time(wholeSeconds(order.nextUpdate)),
    crlExtensions: [
      ...authorityKeyIdentifier(issuer.subjectKeyIdentifier),
      extension(id_ce_cRLNumber, AsnConvert.serialize(new CRLNumber(order.number))),
    ],
  });
  const tbs = withEntries(encode(tbsCertList), entries);
  const signature = toSignature(await ca.sign(tbs), known.ec);
  const list = encode(new CertificateList({ tbsCertList, signatureAlgorithm: algorithm, signature }));
  const [, ...rest] = partsOf(list);
  return sequence([tbs, ...rest]);
}

const encode = (value: object): Uint8Array => new Uint8Array(AsnConvert.serialize(value));

/** The entries, one by one: whatever their number, the library that knows their fields would take all at once. */
async function encodeEntries(entries: readonly RevokedEntry[]): Promise<Uint8Array[]> {
  const extensions = new Map<RevocationReason, Uint8Array[]>();
  const made: Uint8Array[] = [];
  for (const { serialNumber, revokedAt, reason } of entries) {
    const reasonParts = extensions.get(reason) ?? reasonExtensions(reason);
    extensions.set(reason, reasonParts);
    made.push(sequence([integer(serialNumber), encode(new Time(wholeSeconds(revokedAt))), ...reasonParts]));
    if (made.length % entriesPerTurn === 0) await nextTurn();
  }
  return made;
}

/** `crlEntryExtensions` with a reason; without one there are none. */
function reasonExtensions(reason: RevocationReason): Uint8Array[] {
  if (reason === 'unspecified') return [];
  const value = AsnConvert.serialize(new CRLReason(CRLReasons[reason]));
  return [encode(new Extensions([extension(id_ce_cRLReasons, value)]))];
}

/** A TBSCertList without entries with some behind its `nextUpdate`; an empty list of them is not allowed. */
function withEntries(tbs: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return tbs;
  const parts = partsOf(tbs);
  parts.splice(-1, 0, sequence(entries));
  return sequence(parts);
}

const partsOf = (octets: Uint8Array) => elementsOf(readOnlyElement(octets)).map(({ raw }) => raw);

function sequence(parts: readonly Uint8Array[]): Uint8Array {
  const value = Buffer.concat(parts);
  return new DERElement(
    ASN1TagClass.universal,
    ASN1Construction.constructed,
    ASN1UniversalType.sequence,
    value,
  ).toBytes();
}

function integer(value: bigint): Uint8Array {
  const element = new DERElement(
    ASN1TagClass.universal,
    ASN1Construction.primitive,
    ASN1UniversalType.integer,
  );
  element.integer = value;
  return element.toBytes();
}

/** A list's extensions are not critical. */
const extension = (extnID: string, value: ArrayBuffer) =>
  new Extension({ extnID, critical: false, extnValue: new OctetString(value) });

function authorityKeyIdentifier(keyIdentifier: string | undefined): Extension[] {
  if (keyIdentifier === undefined) return [];
  const octets = Buffer.from(keyIdentifier.replaceAll(':', ''), 'hex');
  const value = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(Uint8Array.from(octets)) });
  return [extension(id_ce_authorityKeyIdentifier, AsnConvert.serialize(value))];
}

/** A key store's ECDSA signature is r and s one behind the other; in a list they are a SEQUENCE. */
function toSignature(signed: Uint8Array, namedCurve: string | undefined): ArrayBuffer {
  const octets = Uint8Array.from(signed).buffer;
  if (namedCurve === undefined) return octets;
  const signature = new AsnEcSignatureFormatter().toAsnSignature({ name: 'ECDSA', namedCurve }, octets);
  if (signature === null) throw new Error('The signature could not be encoded.');
  return signature;
}
