import { IdentifierError } from './error.ts';

/** The namespace of ISO 15118-2 messages. */
export const ISO2_NAMESPACE = 'urn:iso:15118:2:2013:MsgDef';

/** The namespace of ISO 15118-20 certificate messages. */
export const ISO20_NAMESPACE = 'urn:iso:std:iso:15118:-20:CommonMessages';

/** A namespace of ISO 15118-2 or -20 in canonical form. */
export type Iso15118Namespace = typeof ISO2_NAMESPACE | typeof ISO20_NAMESPACE;

/** APIs and backends in the field write -20 in more than one way. */
const spellings = new Map<string, Iso15118Namespace>([
  [ISO2_NAMESPACE, ISO2_NAMESPACE],
  [ISO20_NAMESPACE, ISO20_NAMESPACE],
  ['urn:iso:15118:20:2020:MsgDef', ISO20_NAMESPACE],
  ['urn:iso:15118:20:2022:MsgDef', ISO20_NAMESPACE],
]);

/**
 * The canonical form of a namespace of ISO 15118-2 or -20: of -20, the spellings of 2020 and of 2022 are one.
 * @throws {@link IdentifierError} naming the rule.
 */
export function parseNamespace(text: string): Iso15118Namespace {
  const namespace = spellings.get(text);
  if (namespace === undefined) {
    throw new IdentifierError('namespace', `must be one of ${[...spellings.keys()].join(', ')}`);
  }
  return namespace;
}
