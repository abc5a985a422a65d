import { BitReader } from './exi/bit-reader.ts';
import { ExiError } from './exi/error.ts';
import { readExiHeader } from './exi/header.ts';
import { ISO20_NAMESPACE, ISO2_NAMESPACE, type Iso15118Namespace } from './identifiers/namespace.ts';
import { inspectMessage, type DecodedIso2Message } from './iso2/decode.ts';
import { V2G_MESSAGE, V2G_MESSAGE_BITS } from './iso2/event-codes.ts';
import { inspectIso20Message, type DecodedIso20Message } from './iso20/decode.ts';
import { ROOT_BITS, ROOT_CODES } from './iso20/event-codes.ts';

/** A message of either edition with the namespace that tells which, and the deviations that were tolerated. */
export type DecodedAnyMessage =
  | ({ readonly namespace: typeof ISO2_NAMESPACE } & DecodedIso2Message)
  | ({ readonly namespace: typeof ISO20_NAMESPACE } & DecodedIso20Message);

/**
 * Tells by the EXI root element which edition a message is of. After the header octet 0x80 a document of
 * ISO 15118-2 has 7 bits for its root, one of ISO 15118-20 CommonMessages has 6. The 7 bits 76 (V2G_Message) are
 * -2; the 6 bits 7 and 8 (CertificateInstallationReq and Res) are -20. No bits are both: read as 6 bits, the root
 * of -2 is 38, and read as 7 bits those of -20 are 14 to 17. Any other root is refused. Only the first 15 bits are
 * looked at.
 * @throws {@link ExiError} `HEADER`, `TRUNCATED`, or `UNSUPPORTED_MESSAGE` for another root.
 */
export function detectNamespace(bytes: Uint8Array): Iso15118Namespace {
  const reader = new BitReader(bytes);
  readExiHeader(reader);
  const start = reader.bit;
  const root = reader.bits(V2G_MESSAGE_BITS, 'the document element');
  if (root === V2G_MESSAGE) return ISO2_NAMESPACE;
  const root20 = root >>> (V2G_MESSAGE_BITS - ROOT_BITS);
  if (root20 === ROOT_CODES.CertificateInstallationReq || root20 === ROOT_CODES.CertificateInstallationRes) {
    return ISO20_NAMESPACE;
  }
  throw new ExiError(
    'UNSUPPORTED_MESSAGE',
    start,
    'the document element is neither V2G_Message nor a certificate message of CommonMessages',
  );
}

/**
 * Decodes a certificate message of ISO 15118-2 or ISO 15118-20, whichever {@link detectNamespace} says.
 * @throws {@link ExiError} for anything that is neither; nothing else.
 */
export function decodeAnyMessage(bytes: Uint8Array): DecodedAnyMessage {
  return detectNamespace(bytes) === ISO2_NAMESPACE
    ? { namespace: ISO2_NAMESPACE, ...inspectMessage(bytes) }
    : { namespace: ISO20_NAMESPACE, ...inspectIso20Message(bytes) };
}
