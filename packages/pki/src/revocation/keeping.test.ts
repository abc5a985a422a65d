import { ManualClock, silentLogger, type Logger } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';
import { createTestResponder, makeCrl, type TestResponder } from '../testing/index.ts';
import { createRevocationChecker } from './checker.ts';
import type { Fetcher } from './fetcher.ts';
import { FetchFailure } from './no-verdict.ts';
import { makeCa, makeChecker, makeLeaf, minute, start, type CheckerScene } from './revocation.fixture.ts';

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
  scene = makeChecker({ timeout: 2_000 });
});

const ocspLeaf = () => makeLeaf(ca, { ocspUrls: [responder.ocspUrl] });
const crlLeaf = () => makeLeaf(ca, { crlUrls: [responder.crlUrl] });
const check = (leaf: Certificate, validBeyond?: Date) =>
  scene.checker.check(leaf, ca.certificate, { validBeyond });
const pass = (minutes: number): void => {
  scene.clock.advance(minutes * minute);
  responderClock.advance(minutes * minute);
};

describe('a verdict', () => {
  it('is asked for once by all who want it at the same time', async () => {
    const leaf = await ocspLeaf();
    const found = await Promise.all(Array.from({ length: 20 }, () => check(leaf)));
    expect(new Set(found).size).toBe(1);
    expect(responder.requests).toEqual([{ kind: 'OCSP', serialNumber: leaf.serialNumber }]);
  });

  it('is kept until its nextUpdate and asked for again then', async () => {
    const leaf = await ocspLeaf();
    await check(leaf);
    pass(59);
    await check(leaf);
    expect(responder.requests).toHaveLength(1);
    responder.revoke(leaf.serialNumber);
    pass(1);
    expect(await check(leaf)).toMatchObject({ status: 'REVOKED' });
    expect(responder.requests).toHaveLength(2);
  });

  it('is asked for earlier by who needs it for longer', async () => {
    const leaf = await ocspLeaf();
    await check(leaf);
    await check(leaf, new Date(start.getTime() + 59 * minute));
    expect(responder.requests).toHaveLength(1);
    pass(1);
    const renewed = await check(leaf, new Date(start.getTime() + 60 * minute));
    expect(responder.requests).toHaveLength(2);
    expect(renewed.validUntil).toEqual(new Date(start.getTime() + 61 * minute));
  });

  it('of a revocation is not asked for again, that of a hold is', async () => {
    const [revoked, held] = [await ocspLeaf(), await ocspLeaf()];
    responder.revoke(revoked.serialNumber, { at: start, reason: 'superseded' });
    responder.revoke(held.serialNumber, { at: start, reason: 'certificateHold' });
    await check(revoked);
    await check(held);
    responder.restore(held.serialNumber);
    pass(24 * 60);
    expect(await check(revoked)).toMatchObject({ status: 'REVOKED' });
    expect(await check(held)).toMatchObject({ status: 'GOOD' });
    expect(responder.requests).toHaveLength(3);
  });

  it('that is missing is not asked for again at once', async () => {
    const leaf = await ocspLeaf();
    responder.behave('GARBAGE');
    await check(leaf);
    responder.behave('ANSWER');
    expect(await check(leaf)).toMatchObject({ status: 'UNKNOWN' });
    scene.clock.advance(30_000);
    expect(await check(leaf)).toMatchObject({ status: 'GOOD' });
    expect(responder.requests).toHaveLength(2);
  });

  it('is UNKNOWN for who cannot wait, and comes for the others', async () => {
    const leaf = await ocspLeaf();
    const impatient = scene.checker.check(leaf, ca.certificate, { signal: AbortSignal.abort() });
    const patient = check(leaf);
    expect(await impatient).toMatchObject({
      status: 'UNKNOWN',
      detail: 'There was no time to wait for a verdict.',
    });
    expect(await patient).toMatchObject({ status: 'GOOD' });
    expect(responder.requests).toHaveLength(1);
  });

  it('is UNKNOWN once the checker is closed', async () => {
    scene.checker.close();
    expect(await check(await ocspLeaf())).toMatchObject({
      status: 'UNKNOWN',
      detail: 'The checker is closed.',
    });
  });
});

describe('a CRL', () => {
  it('is fetched once for many certificates, at the same time and until it ends', async () => {
    const leaves = await Promise.all(Array.from({ length: 8 }, crlLeaf));
    const found = await Promise.all(leaves.slice(0, 6).map((leaf) => check(leaf)));
    expect(found.every(({ status }) => status === 'GOOD')).toBe(true);
    expect(responder.requests).toEqual([{ kind: 'CRL' }]);
    const [sixth = leaves[0], seventh = leaves[0]] = leaves.slice(6);
    pass(59);
    if (sixth !== undefined) await check(sixth);
    expect(responder.requests).toHaveLength(1);
    pass(1);
    if (seventh !== undefined) await check(seventh);
    expect(responder.requests).toHaveLength(2);
  });

  it('is renewed once for all who need it for longer, and used on when that fails', async () => {
    const leaves = await Promise.all(Array.from({ length: 4 }, crlLeaf));
    const [first, second, third, fourth] = leaves;
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) return;
    await check(first);
    pass(50);
    const beyond = new Date(start.getTime() + 90 * minute);
    await Promise.all([check(second, beyond), check(third, beyond)]);
    expect(responder.requests).toHaveLength(2);
    pass(50);
    responder.behave('ERROR');
    expect(await check(fourth, new Date(start.getTime() + 180 * minute))).toMatchObject({ status: 'GOOD' });
    expect(responder.requests).toHaveLength(3);
  });

  it('that is of no use is not fetched for each certificate', async () => {
    const [first, second] = [await crlLeaf(), await crlLeaf()];
    responder.behave('GARBAGE');
    await check(first);
    expect(await check(second)).toMatchObject({ status: 'UNKNOWN' });
    expect(responder.requests).toHaveLength(1);
  });

  it('is not kept in the place of others beyond the octets that there are', async () => {
    let fetched = 0;
    const fetcher: Fetcher = {
      fetch: () => {
        fetched++;
        const nextUpdate = new Date(start.getTime() + 60 * minute);
        const entries = Array.from({ length: 20 }, (_, index) => ({
          serialNumber: BigInt(index),
          at: start,
        }));
        return Promise.resolve(makeCrl({ issuer: ca, thisUpdate: start, nextUpdate, entries }));
      },
    };
    scene = makeChecker({}, { fetcher }, { crlOctets: 1_000 });
    for (const name of ['a', 'b', 'a']) {
      expect(await check(await makeLeaf(ca, { crlUrls: [`http://${name}/`] }))).toMatchObject({
        status: 'GOOD',
      });
    }
    expect(fetched).toBe(3);
  });
});

describe('several addresses', () => {
  const failing = (answers: Record<string, () => Buffer>) => {
    const asked: string[] = [];
    const fetcher: Fetcher = {
      fetch: ({ url }) => {
        asked.push(url);
        const answer = answers[url];
        if (answer !== undefined) return Promise.resolve(answer());
        return Promise.reject(new FetchFailure('could not be reached', { ofHost: true }));
      },
    };
    return { fetcher, asked };
  };

  it('are asked one after the other, responders first, until one gives a verdict', async () => {
    const nextUpdate = new Date(start.getTime() + 60 * minute);
    const crl = () => makeCrl({ issuer: ca, thisUpdate: start, nextUpdate, entries: [] });
    const { fetcher, asked } = failing({ 'http://d/': crl, 'http://e/': crl });
    scene = makeChecker({}, { fetcher });
    const leaf = await makeLeaf(ca, {
      ocspUrls: ['http://a/', 'http://b/'],
      crlUrls: ['http://c/', 'http://d/', 'http://e/'],
    });
    expect(await check(leaf)).toMatchObject({ status: 'GOOD', source: 'CRL', url: 'http://d/' });
    expect(asked).toEqual(['http://a/', 'http://b/', 'http://c/', 'http://d/']);
  });

  it('are asked no more than three of a kind', async () => {
    const { fetcher, asked } = failing({});
    scene = makeChecker({}, { fetcher });
    const urls = Array.from({ length: 30 }, (_, index) => `http://host-${index}/`);
    const found = await check(await makeLeaf(ca, { crlUrls: [...urls, 'http://host-0/'] }));
    expect(found.status).toBe('UNKNOWN');
    expect(asked).toEqual(urls.slice(0, 3));
  });

  it('at one dead host cost its timeout once', async () => {
    const { fetcher, asked } = failing({});
    scene = makeChecker({}, { fetcher });
    for (let count = 0; count < 5; count++) {
      await check(
        await makeLeaf(ca, { ocspUrls: ['http://dead/1', 'http://dead/2'], crlUrls: ['http://dead/3'] }),
      );
    }
    expect(asked).toEqual(['http://dead/1']);
    scene.clock.advance(30_000);
    await check(await makeLeaf(ca, { ocspUrls: ['http://dead/1'] }));
    expect(asked).toEqual(['http://dead/1', 'http://dead/1']);
  });

  it('that are dead end a check in its time', async () => {
    responder.behave('HANG');
    scene = makeChecker({ timeout: 10_000, checkTimeout: 100 });
    const leaf = await makeLeaf(ca, { ocspUrls: [responder.ocspUrl], crlUrls: [responder.crlUrl] });
    const found = await check(leaf);
    expect(found).toMatchObject({ status: 'UNKNOWN' });
    expect(found.detail).toContain('there was no time left for others');
  });

  it('are told without control characters, which no database takes', async () => {
    const leaf = await makeLeaf(ca, { ocspUrls: ['http://a\u0000b/'] });
    const found = await check(leaf);
    expect(found.status).toBe('UNKNOWN');
    expect(`${found.url ?? ''} ${found.detail}`).not.toMatch(/\p{Cc}/u);
  });
});

describe('by default', () => {
  it('nothing at a private address is asked', async () => {
    const leaf = await makeLeaf(ca, { ocspUrls: [responder.ocspUrl, 'http://127.0.0.1/'] });
    const checker = createRevocationChecker({ clock: scene.clock, logger: silentLogger });
    const { detail } = await checker.check(leaf, ca.certificate);
    expect(detail).toContain('is at a port that is not asked');
    expect(detail).toContain('http://127.0.0.1/ is at a private address, which is not asked');
    expect(responder.requests).toEqual([]);
  });

  it('the log tells subject, fingerprint and address, and nothing else of a certificate', async () => {
    const lines: unknown[] = [];
    const say = (facts: unknown, message: unknown) => lines.push([facts, message]);
    const child = { debug: say, info: say, warn: say, error: say };
    const logger = { child: () => child } as unknown as Logger;
    const network = { privateAddresses: 'allow' } as const;
    const checker = createRevocationChecker({ clock: scene.clock, logger, network });
    const leaf = await ocspLeaf();
    responder.revoke(leaf.serialNumber, { at: start });
    await checker.check(leaf, ca.certificate);
    expect(lines).toEqual([
      [
        {
          subject: leaf.subject,
          fingerprint: leaf.fingerprint,
          outcome: 'REVOKED',
          source: 'OCSP',
          url: responder.ocspUrl,
          detail: expect.stringContaining('was revoked at'),
        },
        'revocation was checked',
      ],
    ]);
  });
});
