import { ChargeGraphError } from '@chargegraph/service';
import type { RootFilter } from './root-certificates.ts';

const mostValues = 100;

/** Longest key identifier in hexadecimal digits: RFC 5280 has 20 octets, some hash longer. */
const longestIdentifier = 128;

/**
 * Checks a filter as it was asked for and brings key identifiers into their stored spelling.
 *
 * @throws ChargeGraphError BAD_INPUT naming the condition
 */
export function readRootFilter(filter: RootFilter): RootFilter {
  const { fingerprints, subjectKeyIdentifiers } = filter;
  if ((fingerprints?.length ?? 0) > mostValues) {
    throw refusal('fingerprint', `At most ${String(mostValues)} fingerprints can be asked for.`);
  }
  if ((subjectKeyIdentifiers?.length ?? 0) > mostValues) {
    throw refusal(
      'subjectKeyIdentifier',
      `At most ${String(mostValues)} subject key identifiers can be asked for.`,
    );
  }
  return { ...filter, subjectKeyIdentifiers: subjectKeyIdentifiers?.map(readKeyIdentifier) };
}

function readKeyIdentifier(text: string): string {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (!/^(?:[0-9a-f]{2})+$/.test(digits) || digits.length > longestIdentifier) {
    throw refusal(
      'subjectKeyIdentifier',
      'subjectKeyIdentifier : must be hexadecimal octets, joined by colons or not',
    );
  }
  return digits;
}

const refusal = (field: string, sentence: string) =>
  new ChargeGraphError('BAD_INPUT', sentence, { path: ['where', field] });
