// Real responders: `openssl ocsp` and the CRLs of `openssl ca`.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { createOpensslCa, type OpensslCa } from './openssl.fixture.ts';
import { makeCa, makeChecker, makeLeaf, makeSigner, minute, start } from './revocation.fixture.ts';

const ocspSigning = ['1.3.6.1.5.5.7.3.9'];
const revokedAt = new Date(start.getTime() - 60 * minute);

let ca: IssuedCertificate;
let openssl: OpensslCa;
let crlServer: Server;
let crlUrl: string;
let crl: Buffer;
let serials: { good: bigint; revoked: bigint; held: bigint };

const next = (): bigint => BigInt(Math.floor(Math.random() * 2 ** 48)) + 2n ** 70n;

beforeAll(async () => {
  ca = await makeCa();
  openssl = await createOpensslCa(ca);
  serials = { good: next(), revoked: next(), held: next() };
  const [good, revoked, held] = await Promise.all(
    Object.values(serials).map((serialNumber) => makeLeaf(ca, { serialNumber })),
  );
  if (good === undefined || revoked === undefined || held === undefined) throw new Error('no certificates');
  await openssl.index([
    { certificate: good },
    { certificate: revoked, revoked: { at: revokedAt, reason: 'keyCompromise' } },
    { certificate: held, revoked: { at: revokedAt, reason: 'certificateHold' } },
  ]);
  crl = await openssl.crl('-crldays', '7');
  crlServer = createServer((_, response) => response.end(crl));
  crlServer.listen(0, '127.0.0.1');
  await once(crlServer, 'listening');
  crlUrl = `http://127.0.0.1:${(crlServer.address() as AddressInfo).port}/ca.crl`;
});

afterAll(async () => {
  crlServer.closeAllConnections();
  crlServer.close();
  await openssl.stop();
});

const at = (url: string, serialNumber: bigint): Promise<Certificate> =>
  makeLeaf(ca, { serialNumber, ocspUrls: [url] });

/** `GOOD`, or what was said of it. */
async function outcome(certificate: Certificate, advance = 0): Promise<string> {
  const { checker, clock } = makeChecker();
  clock.advance(advance);
  const { status, detail, source } = await checker.check(certificate, ca.certificate);
  return status === 'UNKNOWN' ? detail.replace(/^No source gave a verdict: \S+ /, '') : `${source} ${status}`;
}

describe('openssl ocsp', () => {
  it('says good, revoked with date and reason, and unknown', async () => {
    const url = await openssl.ocsp(ca, '-ndays', '1');
    expect(await outcome(await at(url, serials.good))).toBe('OCSP GOOD');
    expect(await outcome(await at(url, next()))).toBe('does not know the certificate.');
    const { checker } = makeChecker();
    expect(await checker.check(await at(url, serials.revoked), ca.certificate)).toMatchObject({
      status: 'REVOKED',
      revokedAt,
      reason: 'keyCompromise',
      url,
    });
    expect(await checker.check(await at(url, serials.held), ca.certificate)).toMatchObject({
      status: 'REVOKED',
      reason: 'certificateHold',
    });
  });

  it('gives answers that hold until their nextUpdate, or for an hour without one', async () => {
    const { checker } = makeChecker();
    const daily = await checker.check(
      await at(await openssl.ocsp(ca, '-ndays', '1'), serials.good),
      ca.certificate,
    );
    const { thisUpdate = new Date(NaN) } = daily;
    expect(daily.validUntil).toEqual(new Date(thisUpdate.getTime() + 24 * 60 * minute));
    const endless = await checker.check(await at(await openssl.ocsp(ca), serials.good), ca.certificate);
    expect(endless).toMatchObject({ status: 'GOOD', validUntil: new Date(start.getTime() + 60 * minute) });
  });

  it('is not believed once its answer has expired', async () => {
    const leaf = await at(await openssl.ocsp(ca, '-nmin', '10'), serials.good);
    expect(await outcome(leaf, 8 * minute)).toBe('OCSP GOOD');
    expect(await outcome(leaf, 20 * minute)).toBe('gave an answer that has expired.');
  });

  it.each([
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed448', () => generateKeyPairSync('ed448')],
  ])('is believed as a delegated signer with a key of %s', async (kind, make) => {
    const { publicKey, privateKey } = make();
    const { certificate } = await makeSigner(ca, { publicKey, extendedKeyUsages: ocspSigning });
    // openssl signs with no hash where the key has its own.
    const hash = kind === 'Ed448' ? [] : ['-rmd', kind === 'P-521' ? 'sha512' : 'sha256'];
    const url = await openssl.ocsp({ certificate, privateKey }, '-ndays', '1', ...hash);
    expect(await outcome(await at(url, serials.good))).toBe('OCSP GOOD');
    expect(await outcome(await at(url, serials.revoked))).toBe('OCSP REVOKED');
  });

  it('is believed when it names its signer by the key', async () => {
    const url = await openssl.ocsp(await makeSigner(ca, { extendedKeyUsages: ocspSigning }), '-resp_key_id');
    expect(await outcome(await at(url, serials.good))).toBe('OCSP GOOD');
  });

  it('is not believed when its signer was not certified for it, or by somebody else', async () => {
    const unfit = await openssl.ocsp(await makeSigner(ca));
    expect(await outcome(await at(unfit, serials.good))).toBe(
      'gave an answer whose signer is not allowed to sign answers.',
    );
    const foreign = await openssl.ocsp(await makeSigner(await makeCa(), { extendedKeyUsages: ocspSigning }));
    expect(await outcome(await at(foreign, serials.good))).toBe(
      "gave an answer whose signer was not certified by the certificate's issuer.",
    );
    const namesake = await openssl.ocsp(await makeCa());
    expect(await outcome(await at(namesake, serials.good))).toMatch(
      /^gave an answer (whose signer|with a wrong)/,
    );
  });
});

describe('a CRL of openssl ca', () => {
  const by = (serialNumber: bigint) => makeLeaf(ca, { serialNumber, crlUrls: [crlUrl] });

  it('says good and revoked with date and reason', async () => {
    expect(await outcome(await by(serials.good))).toBe('CRL GOOD');
    const { checker } = makeChecker();
    expect(await checker.check(await by(serials.revoked), ca.certificate)).toMatchObject({
      status: 'REVOKED',
      source: 'CRL',
      revokedAt,
      reason: 'keyCompromise',
      url: crlUrl,
    });
  });

  it('is not believed once it has expired', async () => {
    expect(await outcome(await by(serials.good), 8 * 24 * 60 * minute)).toBe(
      'gave an answer that has expired.',
    );
  });

  it('is asked when the OCSP responder has no verdict', async () => {
    const url = await openssl.ocsp(ca, '-ndays', '1');
    const leaf = await makeLeaf(ca, { ocspUrls: [url], crlUrls: [crlUrl] });
    expect(await outcome(leaf)).toBe('CRL GOOD');
  });
});
