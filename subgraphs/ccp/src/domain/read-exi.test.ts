import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage, negativeCertificateInstallationRes } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import { readMessage } from './read-exi.ts';

const path = ['signedContractData'];
const response = encodeMessage(
  negativeCertificateInstallationRes({ sessionId: Uint8Array.of(1, 2), responseCode: 'FAILED' }),
);

function refusalOf(octets: Uint8Array): ChargeGraphError | undefined {
  try {
    readMessage(octets, 'CertificateInstallationRes', path);
    return undefined;
  } catch (error) {
    if (error instanceof ChargeGraphError) return error;
    throw error;
  }
}

describe('readMessage', () => {
  it('reads a message of the kind asked for and leaves out what follows it', () => {
    const { message, exi } = readMessage(
      Uint8Array.of(...response, 0, 1),
      'CertificateInstallationRes',
      path,
    );
    expect(message.body.responseCode).toBe('FAILED');
    expect(Buffer.compare(exi, response)).toBe(0);
  });

  it('refuses every octet sequence that is no message with EXI_INVALID, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(refusalOf(octets)?.code).toBe('EXI_INVALID');
      }),
    );
    fc.assert(
      fc.property(fc.nat(response.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const mutated = response.map((octet, index) => (index === at ? octet ^ mask : octet));
        expect(refusalOf(mutated)?.code ?? 'EXI_INVALID').toBe('EXI_INVALID');
      }),
    );
  });

  it('says when a message is one of ISO 15118-20, and when it is another one of ISO 15118-2', () => {
    expect(refusalOf(Uint8Array.of(0x80, 0x1c))?.message).toMatch(/-20 are not supported yet/);
    // AuthorizationReq, the first body element.
    const other = Uint8Array.of(0x80, 0x98, 0x00, 0x40, 0x02, 0x00, 0x00);
    expect(refusalOf(other)?.message).toMatch(
      /^(The message is not a CertificateInstallationRes\.|EXI format is invalid!)$/,
    );
  });
});
