import { encodeMessage, ExiError, messageFromXml, MessageXmlError } from '@chargegraph/iso15118';
import { badSignedData } from './signed-data-refusal.ts';

const lessThan = 0x3c;
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);
const whiteSpace: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Whether octets are XML, as far as the first character tells: no message in EXI begins with `<`. */
export function isXml(octets: Uint8Array): boolean {
  let at = byteOrderMark.equals(octets.subarray(0, byteOrderMark.length)) ? byteOrderMark.length : 0;
  while (whiteSpace.has(octets[at])) at++;
  return octets[at] === lessThan;
}

/**
 * A message of ISO 15118-2 in XML (OPCP's `signedContractDataXML`) as the EXI document that is stored and delivered. The
 * signature is over EXI, and so holds for both.
 *
 * @throws ChargeGraphError BAD_INPUT for XML that is no such message, with the place where it is not
 */
export function exiOfXml(xml: Uint8Array): Uint8Array {
  try {
    return encodeMessage(messageFromXml(xml));
  } catch (error) {
    if (!(error instanceof MessageXmlError) && !(error instanceof ExiError)) throw error;
    throw badSignedData(`The signed data is not a message in XML: ${error.message}`);
  }
}
