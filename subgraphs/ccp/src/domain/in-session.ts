import { fillIso20ResponseTemplate, iso20ResponseTemplateOf, withSessionId } from '@chargegraph/iso15118';
import type { SignedContractData } from './contract.ts';

/** Reads a session id, 1 to 8 octets in hexadecimal; undefined for anything else. */
export function parseSessionId(text: string): Uint8Array | undefined {
  return /^(?:[0-9a-f]{2}){1,8}$/i.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** A stored response as the answer in a session; the signature covers none of what is put in. */
export function inSession(
  { namespace, exi }: Pick<SignedContractData, 'namespace' | 'exi'>,
  sessionId: Uint8Array,
  now: Date,
): Uint8Array {
  if (namespace === 'ISO15118_2') return withSessionId(exi, sessionId);
  return fillIso20ResponseTemplate(iso20ResponseTemplateOf(exi), {
    sessionId,
    timeStamp: BigInt(Math.floor(now.getTime() / 1_000)),
    remainingContractCertificateChains: 0,
  });
}
