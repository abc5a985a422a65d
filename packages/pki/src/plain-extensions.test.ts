import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAnyExtensions } from './certificate-extensions.ts';
import { parseCertificate } from './certificate.ts';
import { createDemoPki } from './demo/demo-pki.ts';
import { issueCertificate } from './demo/issue-certificate.ts';
import { issueProvisioningCertificate } from './demo/leaf-certificates.ts';
import { readPlainExtensions } from './plain-extensions.ts';

const now = new Date('2026-11-21T10:00:00Z');
let ordinary: Uint8Array[];

beforeAll(async () => {
  const [pki, pki20] = await Promise.all([
    createDemoPki({ now, ocspUrl: 'http://ocsp.demo.invalid/x' }),
    createDemoPki({ now, edition: '-20' }),
  ]);
  const car = await issueProvisioningCertificate(pki, {
    pcid: 'WDBBENCH000000001',
    crlUrls: ['http://crl.demo.invalid/1', 'http://crl.demo.invalid/2'],
  });
  const responder = await issueCertificate({
    subject: { commonName: 'Responder' },
    publicKey: car.certificate.publicKey,
    issuer: pki.oem.subCa2.certificate,
    signingKey: pki.oem.subCa2.privateKey,
    notBefore: now,
    notAfter: new Date('2027-01-01T00:00:00Z'),
    ca: false,
    keyUsage: ['digitalSignature'],
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.9', '2.999.1'],
  });
  const issued = [pki, pki20].flatMap(({ v2gRoot, oemRoot, oem, mo, cps }) => [
    v2gRoot,
    oemRoot,
    oem.subCa1,
    mo.subCa2,
    cps.leaf,
  ]);
  ordinary = [...issued.map(({ certificate }) => certificate), car.certificate, responder].map(
    ({ der }) => der,
  );
});

/** What the library makes of it; undefined when it refuses. */
function libraryReads(der: Uint8Array) {
  try {
    return readAnyExtensions(der);
  } catch {
    return undefined;
  }
}

/** Nobody asks for the extensions of what Node does not take for a certificate. */
function isCertificate(der: Uint8Array): boolean {
  try {
    return parseCertificate(der).publicKey.type === 'public';
  } catch {
    return false;
  }
}

describe('the extensions of an ordinary certificate', () => {
  it('are read without the library, and as it reads them', () => {
    for (const der of ordinary) {
      const plain = readPlainExtensions(der);
      expect(plain).toBeDefined();
      expect(plain).toEqual(readAnyExtensions(der));
    }
  });

  it('are never read otherwise than by the library, whatever octets are changed', () => {
    const change = fc.record({ back: fc.nat(400), octet: fc.nat(255) });
    let read = 0;
    fc.assert(
      fc.property(
        fc.nat(ordinary.length - 1),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (which, changes) => {
          const der = Uint8Array.from(ordinary[which] ?? []);
          for (const { back, octet } of changes) der[der.length - 1 - Math.min(back, der.length - 1)] = octet;
          const plain = readPlainExtensions(der);
          if (plain === undefined || !isCertificate(der)) return;
          read++;
          expect(plain).toEqual(libraryReads(der));
        },
      ),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it('are left to the library where they are not ordinary', () => {
    const [root = new Uint8Array()] = ordinary;
    const text = Buffer.from(root).toString('hex');
    // A CA flag that is neither true nor false; a key usage with bits that are set and not used, and one that says it is an
    // alternative name; an octet string that says it holds others; a name's part that says it is a number.
    for (const [from, to] of [
      ['0101ff', '0101fe'],
      ['03020106', '03020306'],
      ['0603551d0f', '0603551d11'],
      ['0603551d0e04160414', '0603551d0e04162414'],
      ['060355040a0c', '060355040a02'],
    ] as const) {
      expect(text).toContain(from);
      expect(readPlainExtensions(Buffer.from(text.replace(from, to), 'hex'))).toBeUndefined();
    }
    expect(readPlainExtensions(root.subarray(0, -1))).toBeUndefined();
    expect(readPlainExtensions(new Uint8Array())).toBeUndefined();
  });
});

const vectors = process.env['ISO15118_VECTORS'];

describe.skipIf(!vectors)('the extensions of certificates met in the field', () => {
  it('are read as the library reads them, nearly all without it', () => {
    const text = readFileSync(join(vectors ?? '', 'real-vectors.json'), 'utf8');
    const found = [...new Set(text.match(/(?<=")MII[A-Za-z0-9+/]{300,}={0,2}(?=")/g))];
    const read = found.map((base64) => {
      const { der } = parseCertificate(base64);
      const plain = readPlainExtensions(der);
      if (plain !== undefined) expect(plain).toEqual(readAnyExtensions(der));
      return plain;
    });
    expect(read.filter((each) => each !== undefined).length).toBeGreaterThan(read.length / 2);
  });
});
