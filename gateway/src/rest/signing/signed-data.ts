import { decodeMessage, messageToXmlBase64 } from '@chargegraph/iso15118';
import type { Namespace } from '../../../generated/operations.ts';

/**
 * Signed contract data as OPCP hands it over (`signedData`): the message of ISO 15118-2 in XML, that of ISO 15118-20, of
 * which OPCP has no XML, in EXI. The signature is over EXI, and so holds for both.
 *
 * @param exi the message in EXI, in base64
 * @returns base64
 */
export function opcpSignedData(exi: string, namespace: Namespace): string {
  if (namespace === 'ISO15118_20') return exi;
  return messageToXmlBase64(decodeMessage(Buffer.from(exi, 'base64')));
}
