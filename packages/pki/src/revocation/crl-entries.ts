import { setImmediate as nextTurn } from 'node:timers/promises';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  CRLReason,
  type Extension,
  Extensions,
  id_ce_cRLReasons,
  RevokedCertificate,
} from '@peculiar/asn1-x509';
import { DERElement } from 'asn1-ts';
import { integerOctets, shortestInteger } from './integer-octets.ts';
import { NoVerdict } from './no-verdict.ts';
import { reasonName } from './reasons.ts';
import type { RevocationEntry } from './verdict.ts';

/** After so many entries other work gets its turn: a few milliseconds' worth. */
const entriesPerTurn = 10_000;

/** Extensions of an entry that may be marked critical: reason, hold instruction, invalidity date. */
const understood: ReadonlySet<string> = new Set([id_ce_cRLReasons, '2.5.29.23', '2.5.29.24']);

/** The entry extension of an indirect CRL, which names another issuer. */
const certificateIssuer = '2.5.29.29';

/** The same few extensions come again and again; so many of them are known by sight. */
const rememberedExtensions = 1_000;

/**
 * The revoked certificates of a CRL, found by serial number. The entries stay the octets that they came as; beside
 * them is a hash table of their positions, 8 to 16 octets an entry, so that a list of a million costs no objects.
 */
export class CrlEntries {
  readonly #octets: Uint8Array;
  /** Position + 1 of an entry in each slot, 0 in a free one; its length is a power of two. */
  readonly #slots: Uint32Array;
  readonly size: number;

  private constructor(octets: Uint8Array, size: number) {
    this.#octets = octets;
    this.size = size;
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(size, 1) * 2)));
  }

  /**
   * Reads the entries, in turns with other work.
   *
   * @param octets what `revokedCertificates` holds
   * @throws NoVerdict for a list of several issuers or with a critical extension that is not known; Error for a
   *   malformed one
   */
  static async read(octets: Uint8Array): Promise<CrlEntries> {
    let size = 0;
    await eachEntry(octets, () => {
      size++;
    });
    const entries = new CrlEntries(octets, size);
    const reader = new DERElement();
    const seen = new Set<string>();
    await eachEntry(octets, (position, entry) => {
      let at = reader.fromBytes(entry);
      if (reader.tagNumber !== 2) throw new Error('an entry has no serial number');
      entries.#add(shortestInteger(reader.value), position);
      at += reader.fromBytes(entry.subarray(at));
      if (at < entry.length) checkExtensions(entry.subarray(at), seen);
    });
    return entries;
  }

  /** Octets in memory. */
  get octets(): number {
    return this.#octets.length + this.#slots.byteLength;
  }

  /**
   * The entry of a serial number, undefined if there is none.
   *
   * @throws Error if it is malformed
   */
  find(serialNumber: bigint): RevocationEntry | undefined {
    const serial = integerOctets(serialNumber);
    const reader = new DERElement();
    for (let slot = this.#slotOf(serial); ; slot = (slot + 1) & (this.#slots.length - 1)) {
      const position = this.#slots[slot] ?? 0;
      if (position === 0) return undefined;
      const rest = this.#octets.subarray(position - 1);
      const length = reader.fromBytes(rest);
      reader.fromBytes(reader.value);
      if (Buffer.compare(shortestInteger(reader.value), serial) === 0)
        return readEntry(rest.subarray(0, length));
    }
  }

  #add(serial: Uint8Array, position: number): void {
    let slot = this.#slotOf(serial);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
    this.#slots[slot] = position + 1;
  }

  /** FNV-1a. */
  #slotOf(serial: Uint8Array): number {
    let hash = 0x811c9dc5;
    for (const octet of serial) hash = Math.imul(hash ^ octet, 0x01000193);
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1);
  }
}

async function eachEntry(
  octets: Uint8Array,
  take: (position: number, entry: Uint8Array) => void,
): Promise<void> {
  const reader = new DERElement();
  let count = 0;
  for (let position = 0; position < octets.length;) {
    const length = reader.fromBytes(octets.subarray(position));
    take(position, reader.value);
    position += length;
    if (++count % entriesPerTurn === 0) await nextTurn();
  }
}

function checkExtensions(octets: Uint8Array, seen: Set<string>): void {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
  if (seen.has(text)) return;
  if (seen.size < rememberedExtensions) seen.add(text);
  // Only what is marked critical matters, and in DER that is a TRUE.
  if (!text.includes('\x01\x01\xff')) return;
  for (const { critical, extnID } of AsnConvert.parse(octets, Extensions)) {
    if (extnID === certificateIssuer) throw new NoVerdict('gave an indirect CRL, which is not used');
    if (critical && !understood.has(extnID)) {
      throw new NoVerdict('gave a CRL with a critical extension that is not known');
    }
  }
}

function readEntry(octets: Uint8Array): RevocationEntry | undefined {
  const { revocationDate, crlEntryExtensions = [] } = AsnConvert.parse(octets, RevokedCertificate);
  const reasons = crlEntryExtensions.find(({ extnID }: Extension) => extnID === id_ce_cRLReasons);
  const reason =
    reasons === undefined ? undefined : reasonName(AsnConvert.parse(reasons.extnValue, CRLReason).reason);
  // In a list that is complete it can only mean that the certificate is on it no longer.
  return reason === 'removeFromCRL' ? undefined : { revokedAt: revocationDate.getTime(), reason };
}
