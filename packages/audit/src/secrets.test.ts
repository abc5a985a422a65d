import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './secrets.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const body = pem.split('\n').slice(1, -2);

describe('a text for the audit', () => {
  it.each([
    ['a key in PEM', pem],
    ['a key in PEM that was cut off', pem.slice(0, 80)],
    ['a key in base64', body.join('')],
    ["a client's secret", randomBytes(32).toString('base64url')],
    [
      'a token',
      `eyJhbGciOiJFUzI1NiJ9.${randomBytes(40).toString('base64url')}.${randomBytes(64).toString('base64url')}`,
    ],
    ['a raw P-256 key in upper-case hexadecimal', randomBytes(32).toString('hex').toUpperCase()],
  ])('keeps nothing of %s', (_, secret) => {
    const kept = withoutSecrets(`The value "${secret}" is wrong.`);
    expect(kept).toMatch(/^The value ".*left out\]/);
    for (let at = 0; at + 12 <= secret.length; at += 4) {
      const part = secret.slice(at, at + 12);
      if (!part.startsWith('-')) expect(kept).not.toContain(part);
    }
  });

  it('keeps identifiers, names, fingerprints and sentences as they are', () => {
    for (const text of [
      'Contract DEEMPC00000001',
      `RootCertificate ${'0a'.repeat(32)}`,
      `There is no root ${'0a'.repeat(32)}.`,
      'CN=Some long name of a car maker,O=Some organisation that has words: not valid yet.',
      'Client 2f1c8c9e-6a0b-4c55-9d5e-0a1b2c3d4e5f',
      'pcid : must match "^[a-zA-Z0-9]{17,18}$"',
    ]) {
      expect(withoutSecrets(text)).toBe(text);
    }
  });

  it('keeps no 40 characters of base64 in a row, whatever stands around them', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array({ minLength: 48, maxLength: 200 }),
        fc.string(),
        (before, octets, after) => {
          const secret = Buffer.from(octets).toString('base64url');
          if (/^[0-9a-f]{64}$/.test(secret)) return;
          expect(withoutSecrets(`${before} ${secret} ${after}`)).not.toContain(secret.slice(0, 40));
        },
      ),
    );
  });
});
