import { IdentifierError, parseEmaid, parsePcid } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';

/** OPCP's patterns, which its sentences quote. */
const patterns = {
  emaid: String.raw`^[A-Za-z]{2}[-]?\w{3}[-]?\w{9}[-]?(\w{1})?$`,
  pcid: '^[a-zA-Z0-9]{17,18}$',
} as const;

const parsers = { emaid: parseEmaid, pcid: parsePcid } as const;

/**
 * What stands where the method alone says whether it is an EMAID or a PCID.
 *
 * @returns the text, for the graph
 * @throws ChargeGraphError BAD_INPUT with OPCP's sentence
 */
export function requireIdentifier(kind: keyof typeof patterns, text: string): string {
  try {
    parsers[kind](text);
    return text;
  } catch (cause) {
    if (!(cause instanceof IdentifierError)) throw cause;
    throw new ChargeGraphError('BAD_INPUT', `${kind} : must match "${patterns[kind]}"`, {
      path: [kind],
      cause,
    });
  }
}
