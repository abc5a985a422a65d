import { randomBytes, randomInt } from 'node:crypto';
import type { RootCertificateId } from '../../src/index.ts';

/** Different messages of each kind, so that none is so familiar that its branches are all foreseen. */
export const MESSAGE_COUNT = 64;

/** An encoded message and what it decodes to. */
export interface Sample<Message> {
  readonly bytes: Uint8Array;
  readonly message: Message;
}

/**
 * Makes messages and encodes them. The message of a sample is the one read back from the bytes, as a pool has it: none
 * of its strings is a literal of this program.
 */
export async function samples<Message>(
  create: (index: number) => Promise<Message>,
  codec: {
    readonly encode: (message: Message) => Uint8Array;
    readonly decode: (bytes: Uint8Array) => Message;
  },
): Promise<readonly Sample<Message>[]> {
  const messages = await Promise.all(Array.from({ length: MESSAGE_COUNT }, (_, index) => create(index)));
  return messages.map((message) => {
    const bytes = codec.encode(message);
    return { bytes, message: codec.decode(bytes) };
  });
}

/** As long as a certificate, give or take 16 octets; to the codec a certificate is any octets. */
export function certificate(length: number): Uint8Array {
  return octets(length + randomInt(-16, 17));
}

export function octets(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

/** `count` issuers with serial numbers of 2 to 20 octets. */
export function rootIds(count: number, first: number): RootCertificateId[] {
  return Array.from({ length: count }, (_, position) => {
    const index = first + position;
    const serial = randomBytes(index % 4 === 0 ? 2 : 16 + (index % 5));
    return {
      x509IssuerName: `DC=V2G,C=DE,O=ChargeGraph Root ${String(index)},CN=V2GRootCA`,
      x509SerialNumber: BigInt(`0x${serial.toString('hex')}`),
    };
  });
}
