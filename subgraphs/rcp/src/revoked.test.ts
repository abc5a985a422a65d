import { generateKeyPairSync } from 'node:crypto';
import { issueCertificate, type Certificate } from '@chargegraph/pki';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { ManualClock } from '@chargegraph/service';
import { describe, expect, it } from 'vitest';
import { add, count, day, now, prepareRoots } from './roots.fixture.ts';

const checker = createToldChecker(new ManualClock(now));
prepareRoots({ revocation: { checker, policy: 'hard' } });

/** A root that names a responder of its own. */
async function makeRoot(commonName: string): Promise<Certificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return await issueCertificate({
    subject: { commonName, domainComponent: 'OEM' },
    publicKey,
    signingKey: privateKey,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + 3650 * day),
    ca: {},
    keyUsage: ['keyCertSign', 'cRLSign'],
    ocspUrls: ['http://responder.test'],
  });
}

describe('a root that names a responder of its own', () => {
  it('is added when that says that it is good', async () => {
    const { payload } = await add(await makeRoot('Good Root'));
    expect(payload?.userErrors).toEqual([]);
    expect(checker.asked).toContain('Good Root');
  });

  it('is not added when it is revoked', async () => {
    const root = await makeRoot('Revoked Root');
    checker.tell(root, { status: 'REVOKED', reason: 'cACompromise' });
    expect((await add(root)).payload).toEqual({
      rootCertificate: null,
      userErrors: [
        {
          code: 'CERTIFICATE_REVOKED',
          message: `The certificate ${root.subject} has been revoked.`,
          path: ['input', 'certificate'],
        },
      ],
    });
    expect(await count()).toBe(0);
  });

  it('is not added under hard when nobody says anything, which may be gone at the next try', async () => {
    const root = await makeRoot('Unknown Root');
    checker.tell(root, { status: 'UNKNOWN' });
    const { errors } = await add(root);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
    expect(await count()).toBe(0);
  });
});
