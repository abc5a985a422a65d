import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeIso20Message,
  encodeMessage,
  negativeCertificateInstallationRes,
  negativeIso20CertificateInstallationRes,
} from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import { readMessage } from './read-exi.ts';

const path = ['signedContractData'];
const response = encodeMessage(
  negativeCertificateInstallationRes({ sessionId: Uint8Array.of(1, 2), responseCode: 'FAILED' }),
);

const iso20Response = encodeIso20Message(
  negativeIso20CertificateInstallationRes({
    sessionId: Uint8Array.of(1, 2),
    timeStamp: 7n,
    responseCode: 'FAILED',
  }),
);

function refusalOf(octets: Uint8Array): ChargeGraphError | undefined {
  try {
    readMessage(octets, ['CertificateInstallationRes'], path);
    return undefined;
  } catch (error) {
    if (error instanceof ChargeGraphError) return error;
    throw error;
  }
}

describe('readMessage', () => {
  it('reads a message of the kind asked for and leaves out what follows it', () => {
    for (const [document, expected] of [
      [response, 'ISO15118_2'],
      [iso20Response, 'ISO15118_20'],
    ] as const) {
      const { namespace, message, exi } = readMessage(
        Uint8Array.of(...document, 0, 1),
        ['CertificateInstallationRes'],
        path,
      );
      expect(namespace).toBe(expected);
      expect(message.body.responseCode).toBe('FAILED');
      expect(Buffer.compare(exi, document)).toBe(0);
    }
  });

  it('refuses every octet sequence that is no message with EXI_INVALID, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(refusalOf(octets)?.code).toBe('EXI_INVALID');
      }),
    );
    for (const document of [response, iso20Response]) {
      fc.assert(
        fc.property(fc.nat(document.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
          const mutated = document.map((octet, index) => (index === at ? octet ^ mask : octet));
          expect(refusalOf(mutated)?.code ?? 'EXI_INVALID').toBe('EXI_INVALID');
        }),
      );
    }
  });

  it('says when a message is another one, in either edition', () => {
    const wanted = ['CertificateInstallationReq', 'CertificateUpdateReq'] as const;
    for (const document of [response, iso20Response]) {
      expect(() => readMessage(document, wanted, path)).toThrow(
        'The message is a CertificateInstallationRes, not a CertificateInstallationReq or a CertificateUpdateReq.',
      );
    }
    // AuthorizationReq, the first body element.
    const other = Uint8Array.of(0x80, 0x98, 0x00, 0x40, 0x02, 0x00, 0x00);
    expect(refusalOf(other)?.message).toMatch(
      /^(The message is not a CertificateInstallationRes\.|EXI format is invalid!)$/,
    );
  });
});
