import { ChargeGraphError } from '@chargegraph/service';
import { ExiError, inspectMessage, type Iso2Body, type Iso2Message } from '@chargegraph/iso15118';

/** A certificate message of the kind that was asked for. */
export interface ReadMessage<Body extends Iso2Body> {
  readonly message: Iso2Message<Body>;
  /** The document's octets, without any that followed it. */
  readonly exi: Uint8Array;
}

/** The message kinds that this pool reads, by the name of their body element. */
type Kind = Iso2Body['type'];

/**
 * Reads one ISO 15118-2 message.
 *
 * @param path the input field the octets came in
 * @throws ChargeGraphError EXI_INVALID for octets that are no such message, or a message of another kind
 */
export function readMessage<K extends Kind>(
  octets: Uint8Array,
  kind: K,
  path: readonly string[],
): ReadMessage<Extract<Iso2Body, { type: K }>> {
  const { message, octets: length } = decode(octets, kind, path);
  if (!isOfKind(message, kind)) {
    throw new ChargeGraphError('EXI_INVALID', `The message is a ${message.body.type}, not a ${kind}.`, {
      path,
    });
  }
  return { message, exi: octets.subarray(0, length) };
}

function decode(octets: Uint8Array, kind: Kind, path: readonly string[]): ReturnType<typeof inspectMessage> {
  try {
    return inspectMessage(octets);
  } catch (error) {
    if (!(error instanceof ExiError)) throw error;
    throw new ChargeGraphError('EXI_INVALID', sentence(error, octets, kind), { path, cause: error });
  }
}

function sentence(error: ExiError, octets: Uint8Array, kind: Kind): string {
  if (isIso20Certificates(octets)) return 'Messages of ISO 15118-20 are not supported yet.';
  if (error.code === 'UNSUPPORTED_MESSAGE') return `The message is not a ${kind}.`;
  return 'EXI format is invalid!';
}

/** The root element of ISO 15118-20's certificate messages: a 6-bit code, 7 for the request, 8 for the response. */
function isIso20Certificates(octets: Uint8Array): boolean {
  const code = (octets[1] ?? 0) >>> 2;
  return octets[0] === 0x80 && (code === 7 || code === 8);
}

function isOfKind<K extends Kind>(
  message: Iso2Message,
  kind: K,
): message is Iso2Message<Extract<Iso2Body, { type: K }>> {
  return message.body.type === kind;
}
