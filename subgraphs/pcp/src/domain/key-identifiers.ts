import { ChargeGraphError } from '@chargegraph/service';

/** A car has few V2G roots installed; a list beyond this is a mistake. */
const most = 20;

/** Key identifiers are 20 octets (RFC 5280 clause 4.2.1.2); longer hashes are allowed for, nothing beyond. */
const mostOctets = 64;

const pattern = /^[0-9a-f]{2}(:?[0-9a-f]{2})*$/i;

/**
 * The canonical form of a list of key identifiers: upper-case hexadecimal octets joined by colons, each one once,
 * in the order given.
 *
 * @throws ChargeGraphError BAD_INPUT naming the entry
 */
export function canonicalKeyIdentifiers(given: readonly string[]): string[] {
  const field = 'v2gRootAuthorityKeyIdentifiers';
  if (given.length > most) {
    throw new ChargeGraphError('BAD_INPUT', `${field} : must have at most ${String(most)} entries`, {
      path: [field],
    });
  }
  const canonical = given.map((text, index) => {
    const octets = pattern.test(text) ? (text.match(/[0-9a-f]{2}/gi) ?? []) : [];
    if (octets.length === 0 || octets.length > mostOctets) {
      throw new ChargeGraphError(
        'BAD_INPUT',
        `${field} : must be hexadecimal octets, joined by colons or not`,
        {
          path: [field, String(index)],
        },
      );
    }
    return octets.join(':').toUpperCase();
  });
  return [...new Set(canonical)];
}
