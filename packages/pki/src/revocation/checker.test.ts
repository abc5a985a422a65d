import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { createTestResponder, type TestResponder } from '../testing/index.ts';
import { makeCa, makeChecker, makeLeaf, minute, start, type CheckerScene } from './revocation.fixture.ts';
import { ManualClock } from '@chargegraph/service';

let ca: IssuedCertificate;
let responder: TestResponder;
let scene: CheckerScene;
const responderClock = new ManualClock(start);

beforeAll(async () => {
  ca = await makeCa();
  responder = await createTestResponder({ issuers: [ca], clock: responderClock });
});
afterAll(() => responder.stop());

beforeEach(() => {
  responder.behave('ANSWER');
  responder.requests.length = 0;
  responderClock.set(start);
  scene = makeChecker();
});

const ocspOnly = () => makeLeaf(ca, { ocspUrls: [responder.ocspUrl] });
const crlOnly = () => makeLeaf(ca, { crlUrls: [responder.crlUrl] });
const both = () => makeLeaf(ca, { ocspUrls: [responder.ocspUrl], crlUrls: [responder.crlUrl] });

describe('a certificate that is asked about', () => {
  it('is good when its responder says so, until the answer ends', async () => {
    const leaf = await ocspOnly();
    expect(await scene.checker.check(leaf, ca.certificate)).toEqual({
      status: 'GOOD',
      source: 'OCSP',
      checkedAt: start,
      validUntil: new Date(start.getTime() + 60 * minute),
      thisUpdate: start,
      url: responder.ocspUrl,
      detail: 'The issuer itself says that it is not revoked.',
    });
  });

  it('is revoked with date and reason when its responder says so', async () => {
    const leaf = await ocspOnly();
    const at = new Date(start.getTime() - 10 * minute);
    responder.revoke(leaf.serialNumber, { at, reason: 'keyCompromise' });
    expect(await scene.checker.check(leaf, ca.certificate)).toMatchObject({
      status: 'REVOKED',
      source: 'OCSP',
      revokedAt: at,
      reason: 'keyCompromise',
      detail: `The issuer itself says that it was revoked at ${at.toISOString()} (keyCompromise).`,
    });
  });

  it('is good or revoked by its CRL', async () => {
    const [good, revoked] = [await crlOnly(), await crlOnly()];
    responder.revoke(revoked.serialNumber, { at: start, reason: 'certificateHold' });
    expect(await scene.checker.check(good, ca.certificate)).toMatchObject({ status: 'GOOD', source: 'CRL' });
    expect(await scene.checker.check(revoked, ca.certificate)).toMatchObject({
      status: 'REVOKED',
      source: 'CRL',
      url: responder.crlUrl,
      revokedAt: start,
      reason: 'certificateHold',
    });
    expect(responder.requests).toEqual([{ kind: 'CRL' }]);
  });

  it('is looked up in its CRL when its responder does not know it', async () => {
    const leaf = await both();
    responder.forget(leaf.serialNumber);
    expect(await scene.checker.check(leaf, ca.certificate)).toMatchObject({ status: 'GOOD', source: 'CRL' });
    expect(responder.requests.map(({ kind }) => kind)).toEqual(['OCSP', 'CRL']);
  });

  it('is unknown with the reasons of all its sources when none gives a verdict', async () => {
    const leaf = await both();
    responder.behave('GARBAGE');
    expect(await scene.checker.check(leaf, ca.certificate)).toEqual({
      status: 'UNKNOWN',
      source: 'NONE',
      checkedAt: start,
      validUntil: new Date(start.getTime() + 30_000),
      url: responder.crlUrl,
      detail:
        `No source gave a verdict: ${responder.ocspUrl} gave an answer that cannot be read; ` +
        `${responder.crlUrl} gave a CRL that cannot be read.`,
    });
  });

  it('is not checked when it names no source', async () => {
    const leaf = await makeLeaf(ca);
    expect(await scene.checker.check(leaf, ca.certificate)).toMatchObject({
      status: 'NOT_CHECKED',
      source: 'NONE',
    });
  });

  it('is not revoked yet when that lies ahead, and is asked about again then', async () => {
    const leaf = await ocspOnly();
    const at = new Date(start.getTime() + 20 * minute);
    responder.revoke(leaf.serialNumber, { at });
    const before = await scene.checker.check(leaf, ca.certificate);
    expect(before).toMatchObject({ status: 'GOOD', validUntil: at });
    scene.clock.set(at);
    responderClock.set(at);
    expect(await scene.checker.check(leaf, ca.certificate)).toMatchObject({
      status: 'REVOKED',
      revokedAt: at,
    });
  });

  it('is looked up in its CRL first when it is asked about in passing, and not remembered', async () => {
    const leaf = await both();
    const passing = { inPassing: true };
    expect(await scene.checker.check(leaf, ca.certificate, passing)).toMatchObject({ source: 'CRL' });
    expect(responder.requests).toEqual([{ kind: 'CRL' }]);
    expect(await scene.checker.check(leaf, ca.certificate)).toMatchObject({ source: 'OCSP' });
    const other = await ocspOnly();
    expect(await scene.checker.check(other, ca.certificate, passing)).toMatchObject({ source: 'OCSP' });
  });
});
