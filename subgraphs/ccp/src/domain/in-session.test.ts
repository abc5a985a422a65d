import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decodeIso20Message,
  encodeIso20Message,
  negativeIso20CertificateInstallationRes,
  signIso20CertificateInstallationRes,
  signIso20With,
  verifyIso20MessageSignature,
} from '@chargegraph/iso15118';
import { inSession, parseSessionId } from './in-session.ts';

describe('a session id', () => {
  it.each([
    ['00', [0]],
    ['0aFF', [10, 255]],
    ['0102030405060708', [1, 2, 3, 4, 5, 6, 7, 8]],
  ])('is read from %s', (text, octets) => {
    expect([...(parseSessionId(text) ?? [])]).toEqual(octets);
  });

  it.each(['', '0', '010', 'xy', '010203040506070809', '0x01', '01 02', '01\n'])('is not %j', (text) => {
    expect(parseSessionId(text)).toBeUndefined();
  });
});

describe('a stored response of ISO 15118-20 in a session', () => {
  it('has the session id, the time and that none follows, and its signature still holds', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const envelope = { sessionId: Uint8Array.of(0), timeStamp: 0n };
    const { body } = negativeIso20CertificateInstallationRes({ ...envelope, responseCode: 'OK' });
    const signer = signIso20With(privateKey);
    const signed = await signIso20CertificateInstallationRes(body, { ...envelope, signer });
    const exi = inSession(
      { namespace: 'ISO15118_20', exi: encodeIso20Message(signed) },
      Uint8Array.of(1, 2, 3),
      new Date('2026-12-01T00:00:00.900Z'),
    );
    const message = decodeIso20Message(exi);
    expect([...message.header.sessionId]).toEqual([1, 2, 3]);
    expect(message.header.timeStamp).toBe(BigInt(Date.parse('2026-12-01T00:00:00Z') / 1_000));
    expect(message.body).toMatchObject({ remainingContractCertificateChains: 0 });
    expect(verifyIso20MessageSignature(message, publicKey).valid).toBe(true);
  });
});
