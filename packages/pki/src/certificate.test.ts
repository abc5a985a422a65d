import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChargeGraphError } from '@chargegraph/service';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { keptCertificates, parseCertificate, toPem, type Certificate } from './certificate.ts';
import { createDemoPki, type DemoPki } from './demo/demo-pki.ts';
import { issueCertificate } from './demo/issue-certificate.ts';

const now = new Date('2026-11-21T10:00:00Z');
let pki: DemoPki;
let certificate: Certificate;

beforeAll(async () => {
  pki = await createDemoPki({ now, ocspUrl: 'http://ocsp.demo.invalid/x' });
  certificate = pki.cps.subCa2.certificate;
});

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof ChargeGraphError ? error.code : `another error: ${String(error)}`;
  }
}

describe('parseCertificate', () => {
  it('reads what the certificate says', () => {
    expect(certificate).toMatchObject({
      subject: 'DC=V2G,C=DE,O=ChargeGraph Demo,CN=Demo CPS Sub-CA 2',
      issuer: 'DC=V2G,C=DE,O=ChargeGraph Demo,CN=Demo CPS Sub-CA 1',
      commonName: 'Demo CPS Sub-CA 2',
      domainComponents: ['V2G'],
      notBefore: new Date('2026-11-21T09:00:00Z'),
      notAfter: new Date('2028-11-21T09:00:00Z'),
      curve: 'P-256',
      signatureAlgorithm: 'ECDSA/SHA-256',
      isCa: true,
      pathLength: 0,
      ocspUrls: ['http://ocsp.demo.invalid/x'],
      crlUrls: [],
      policies: [],
      size: certificate.der.length,
      fingerprint: createHash('sha256').update(certificate.der).digest('hex'),
      authorityKeyIdentifier: pki.cps.subCa1.certificate.subjectKeyIdentifier,
    });
    expect([...(certificate.keyUsage ?? [])]).toEqual(['keyCertSign', 'cRLSign']);
    expect(certificate.serialNumber).toBeGreaterThan(2n ** 158n);
    expect(certificate.publicKey.equals(pki.cpo.leaf.certificate.publicKey)).toBe(false);
  });

  it('reads the same from DER, PEM and base64 in one line or wrapped', () => {
    const pem = toPem(certificate);
    const base64 = Buffer.from(certificate.der).toString('base64');
    const wrapped = base64.replace(/.{60}/g, '$&\r\n');
    for (const input of [certificate.der, pem, `\n${pem}\n`, pem.replaceAll('\n', '\r\n'), base64, wrapped]) {
      expect(parseCertificate(input).fingerprint).toBe(certificate.fingerprint);
    }
  });

  it('owns its octets', () => {
    const input = Uint8Array.from(certificate.der);
    const copy = parseCertificate(input);
    input.fill(0);
    expect(copy.der).toEqual(certificate.der);
  });

  it('reads a certificate that it knows once, in whatever form it comes', () => {
    const first = parseCertificate(certificate.der);
    expect(parseCertificate(toPem(certificate))).toBe(first);
    expect(parseCertificate(Uint8Array.from(certificate.der))).toBe(first);
    expect(toPem(first)).toBe(toPem(certificate));
  });

  it('tells certificates apart that differ in one octet, however well it knows one of them', () => {
    parseCertificate(certificate.der);
    const changed = Uint8Array.from(certificate.der);
    const at = changed.length - 1;
    changed[at] = (changed[at] ?? 0) ^ 1;
    const other = parseCertificate(changed);
    expect(other.fingerprint).not.toBe(certificate.fingerprint);
    expect(other.isSignedBy(pki.cps.subCa1.certificate)).toBe(false);
    expect(parseCertificate(certificate.der).isSignedBy(pki.cps.subCa1.certificate)).toBe(true);
  });

  it('refuses anew what it refused before', () => {
    const cut = certificate.der.subarray(0, -1);
    for (let times = 0; times < 2; times++) {
      expect(codeOf(() => parseCertificate(cut))).toBe('CERTIFICATE_INVALID');
    }
  });

  it('keeps no more certificates than it says, those used last', () => {
    const first = parseCertificate(certificate.der);
    const { der } = pki.oem.subCa2.certificate;
    const others = (count: number, base: number) => {
      for (let index = 0; index < count; index++) {
        const other = Uint8Array.from(der);
        // Other octets of its signature, which is still one in DER.
        const at = other.length - 8;
        new DataView(other.buffer).setUint32(at, base + index);
        parseCertificate(other);
      }
    };
    others(keptCertificates - 1, 0);
    expect(parseCertificate(certificate.der)).toBe(first);
    others(keptCertificates, 1_000_000);
    const again = parseCertificate(certificate.der);
    expect(again).not.toBe(first);
    expect(again.fingerprint).toBe(first.fingerprint);
  });

  it.each<[string, (der: Uint8Array, pem: string) => Uint8Array | string]>([
    ['nothing', () => new Uint8Array()],
    ['an empty text', () => ' \n'],
    ['text that is no base64', () => 'certificate!'],
    [
      'base64 with stray bits',
      (der) => `${Buffer.from(der.subarray(0, 1)).toString('base64').slice(0, 1)}R==`,
    ],
    ['two certificates in PEM', (_, pem) => pem + pem],
    ['PEM with text before it', (_, pem) => `subject=x\n${pem}`],
    ['PEM of something else', (_, pem) => pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')],
    ['PEM as octets', (_, pem) => Buffer.from(pem)],
    ['octets after the certificate', (der) => Buffer.concat([der, Buffer.from([0])])],
    ['two certificates in DER', (der) => Buffer.concat([der, der])],
    ['a cut certificate', (der) => der.subarray(0, -1)],
    ['more than 16 KiB', (der) => Buffer.concat([der, Buffer.alloc(17_000)])],
    ['more than 16 KiB in base64', () => 'A'.repeat(40_000)],
  ])('refuses %s', (_, make) => {
    expect(codeOf(() => parseCertificate(make(certificate.der, toPem(certificate))))).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('throws nothing but its own refusal on mutated certificates', () => {
    const { der } = certificate;
    const mutation = fc.record({ at: fc.nat(der.length - 1), octet: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.nat(20), (mutations, cut) => {
        const octets = Uint8Array.from(der.subarray(0, der.length - (cut > 15 ? cut : 0)));
        for (const { at, octet } of mutations) if (at < octets.length) octets[at] = octet;
        const code = codeOf(() => {
          const { subject, issuer, curve, isCa, policies, ocspUrls } = parseCertificate(octets);
          return [subject, issuer, curve, isCa, policies, ocspUrls];
        });
        expect(['nothing thrown', 'CERTIFICATE_INVALID']).toContain(code);
      }),
      { numRuns: 400 },
    );
  });

  it('throws nothing but its own refusal on any text or octets', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uint8Array()), (input) => {
        expect(codeOf(() => parseCertificate(input))).toBe('CERTIFICATE_INVALID');
      }),
    );
  });

  it.each([
    ['P-384', 'P-384'],
    ['P-521', 'P-521'],
    ['secp256k1', 'secp256k1'],
  ])('names the curve %s', async (namedCurve, name) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve });
    expect((await issue({ publicKey })).curve).toBe(name);
  });

  it('names keys of other kinds', async () => {
    expect((await issue({ publicKey: generateKeyPairSync('ed448').publicKey })).curve).toBe('Ed448');
    expect((await issue({ publicKey: generateKeyPairSync('x448').publicKey })).curve).toBe('X448');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect((await issue({ publicKey })).curve).toBe('rsa');
  });

  it('keeps odd characters of a name apart from its syntax', async () => {
    const commonName = ' a,b+c="d"\\e\n\u0000#ü ';
    const odd = await issue({ subject: { commonName, country: 'DE' } });
    expect(odd.commonName).toBe(commonName);
    expect(odd.subject).toBe('C=DE,CN=\\ a\\,b\\+c=\\"d\\"\\\\e\\0a\\00#ü\\ ');
  });

  it('reads large and small serial numbers', async () => {
    for (const serialNumber of [1n, 128n, 2n ** 159n - 1n]) {
      expect((await issue({ serialNumber })).serialNumber).toBe(serialNumber);
    }
  });

  it('has no common name if there is none', async () => {
    expect((await issue({ subject: { organization: 'x' } })).commonName).toBeUndefined();
  });
});

async function issue(changes: Partial<Parameters<typeof issueCertificate>[0]>): Promise<Certificate> {
  return issueCertificate({
    subject: { commonName: 'x' },
    publicKey: pki.cps.leaf.certificate.publicKey,
    issuer: pki.cps.subCa2.certificate,
    signingKey: pki.cps.subCa2.privateKey,
    notBefore: now,
    notAfter: new Date('2027-01-01T00:00:00Z'),
    ...changes,
  });
}

const vectors = process.env['ISO15118_VECTORS'];

describe.skipIf(!vectors)('parseCertificate on certificates met in the field', () => {
  it('reads every one of them', () => {
    const text = readFileSync(join(vectors ?? '', 'real-vectors.json'), 'utf8');
    const found = [...new Set(text.match(/(?<=")MII[A-Za-z0-9+/]{300,}={0,2}(?=")/g))];
    expect(found.length).toBeGreaterThan(15);
    for (const base64 of found) {
      const real = parseCertificate(base64);
      expect(real.curve).toMatch(/^P-(256|521)$/);
      expect(real.commonName).toMatch(/./);
      expect(real.signatureAlgorithm).toMatch(/^ECDSA\/SHA-(256|512)$/);
      expect(typeof real.isCa).toBe('boolean');
    }
  });
});
