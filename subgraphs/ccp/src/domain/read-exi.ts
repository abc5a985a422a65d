import { ChargeGraphError } from '@chargegraph/service';
import {
  decodeAnyMessage,
  ExiError,
  ISO2_NAMESPACE,
  type DecodedAnyMessage,
  type Iso20Body,
  type Iso20Message,
  type Iso2Body,
  type Iso2Message,
} from '@chargegraph/iso15118';

/** The message kinds that this pool reads, by the name of their body element. */
type Kind = Iso2Body['type'];

/** A certificate message of one of the kinds that were asked for; its EXI root element decided the generation. */
export type ReadMessage<K extends Kind> =
  | {
      readonly namespace: 'ISO15118_2';
      readonly message: Iso2Message<Extract<Iso2Body, { type: K }>>;
      /** The document's octets, without any that followed it. */
      readonly exi: Uint8Array;
    }
  | {
      readonly namespace: 'ISO15118_20';
      readonly message: Iso20Message<Extract<Iso20Body, { type: K }>>;
      readonly exi: Uint8Array;
    };

/**
 * Reads one certificate message of ISO 15118-2 or -20.
 *
 * @param path the input field the octets came in
 * @throws ChargeGraphError EXI_INVALID for octets that are no such message, or a message of another kind
 */
export function readMessage<K extends Kind>(
  octets: Uint8Array,
  kinds: readonly K[],
  path: readonly string[],
): ReadMessage<K> {
  const decoded = decode(octets, kinds, path);
  const exi = octets.subarray(0, decoded.octets);
  if (decoded.namespace === ISO2_NAMESPACE) {
    const { message } = decoded;
    if (isOfKind(message, kinds)) return { namespace: 'ISO15118_2', message, exi };
  } else {
    const { message } = decoded;
    if (isIso20OfKind(message, kinds)) return { namespace: 'ISO15118_20', message, exi };
  }
  const { type } = decoded.message.body;
  throw new ChargeGraphError('EXI_INVALID', `The message is a ${type}, not a ${kinds.join(' or a ')}.`, {
    path,
  });
}

function decode(octets: Uint8Array, kinds: readonly Kind[], path: readonly string[]): DecodedAnyMessage {
  try {
    return decodeAnyMessage(octets);
  } catch (error) {
    if (!(error instanceof ExiError)) throw error;
    const sentence =
      error.code === 'UNSUPPORTED_MESSAGE'
        ? `The message is not a ${kinds.join(' or a ')}.`
        : 'EXI format is invalid!';
    throw new ChargeGraphError('EXI_INVALID', sentence, { path, cause: error });
  }
}

function isOfKind<K extends Kind>(
  message: Iso2Message,
  kinds: readonly K[],
): message is Iso2Message<Extract<Iso2Body, { type: K }>> {
  return kinds.some((kind) => kind === message.body.type);
}

function isIso20OfKind<K extends Kind>(
  message: Iso20Message,
  kinds: readonly K[],
): message is Iso20Message<Extract<Iso20Body, { type: K }>> {
  return kinds.some((kind) => kind === message.body.type);
}
