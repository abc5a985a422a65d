import { describe, expect, it } from 'vitest';
import { add, count, day, pki, pool, prepareRoots } from './roots.fixture.ts';

prepareRoots();

interface Payload {
  readonly removedFingerprint: string | null;
  readonly userErrors: readonly { code: string; message: string; path: readonly string[] | null }[];
}

async function remove(fingerprint: string, reason = 'The key was lost.', role = 'OPERATOR') {
  const response = await pool.execute(
    role,
    `mutation Remove($input: RemoveRootCertificateInput!) {
       removeRootCertificate(input: $input) { removedFingerprint userErrors { code message path } }
     }`,
    { input: { fingerprint, reason } },
  );
  return { ...response, payload: response.data?.['removeRootCertificate'] as Payload | undefined };
}

const ofRoot = (fingerprint: string) => async () =>
  (await pool.events()).filter(({ facts }) => facts['fingerprint'] === fingerprint);

describe('removeRootCertificate', () => {
  it('takes the root out, tells why and is recorded', async () => {
    const { fingerprint, subject, notAfter } = pki.v2gRoot.certificate;
    await add(pki.v2gRoot.certificate, 'V2G');
    const recorded = (await pool.audited()).length;
    const { payload } = await remove(fingerprint, '  The key was lost – ask the operator.  ');
    expect(payload).toEqual({ removedFingerprint: fingerprint, userErrors: [] });
    expect(await count()).toBe(0);
    expect(await ofRoot(fingerprint)()).toContainEqual({
      type: 'ROOT_CERT_REMOVED',
      facts: {
        fingerprint,
        subject,
        type: 'V2G',
        notAfter: notAfter.toISOString(),
        reason: 'The key was lost – ask the operator.',
      },
    });
    expect((await pool.audited()).slice(recorded)).toEqual([
      {
        clientId: 'test-OPERATOR',
        organisation: 'test',
        traceId: 'test',
        action: 'removeRootCertificate',
        object: `RootCertificate ${fingerprint}`,
        outcome: 'DONE',
      },
    ]);
  });

  it('leaves the other roots', async () => {
    await add(pki.v2gRoot.certificate, 'V2G');
    await add(pki.oemRoot.certificate);
    await remove(pki.oemRoot.certificate.fingerprint);
    const { data } = await pool.execute('CPO', '{ rootCertificates(first: 10) { nodes { fingerprint } } }');
    expect(data).toEqual({
      rootCertificates: { nodes: [{ fingerprint: pki.v2gRoot.certificate.fingerprint }] },
    });
  });

  it('lets the root be added again, also as a root of something else', async () => {
    const { fingerprint } = pki.moRoot.certificate;
    await add(pki.moRoot.certificate, 'OEM');
    const before = (await ofRoot(fingerprint)()).length;
    await remove(fingerprint);
    pool.clock.advance(day);
    const { payload } = await add(pki.moRoot.certificate, 'MO');
    expect(payload).toMatchObject({
      rootCertificate: { type: 'MO', addedAt: pool.clock.now().toISOString() },
      userErrors: [],
    });
    expect(
      (await ofRoot(fingerprint)())
        .slice(before)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['ROOT_CERT_ADDED', 'ROOT_CERT_REMOVED']);
  });

  it('does not find a root that is not there, or not any more, and changes nothing', async () => {
    await add(pki.oemRoot.certificate);
    await remove(pki.oemRoot.certificate.fingerprint);
    const [events, recorded] = [await pool.events(), await pool.audited()];
    for (const fingerprint of ['0'.repeat(64), pki.oemRoot.certificate.fingerprint]) {
      expect((await remove(fingerprint)).payload).toEqual({
        removedFingerprint: null,
        userErrors: [
          {
            code: 'NOT_FOUND',
            message: 'Root certificate with the given ID is not found',
            path: ['input', 'fingerprint'],
          },
        ],
      });
    }
    expect(await pool.audited()).toEqual(recorded);
    expect((await pool.events()).length).toBe(events.length);
  });

  it('removes once when it comes several times at once', async () => {
    const { fingerprint } = pki.oemRoot.certificate;
    await add(pki.oemRoot.certificate);
    const before = (await ofRoot(fingerprint)()).length;
    const results = await Promise.all([remove(fingerprint), remove(fingerprint), remove(fingerprint)]);
    const codes = results.map(({ payload }) => payload?.userErrors[0]?.code);
    expect(codes.sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', undefined]);
    expect(await ofRoot(fingerprint)()).toHaveLength(before + 1);
  });

  it('has the pool and the log agree, however additions and removals cross', async () => {
    const { fingerprint } = pki.oemRoot.certificate;
    const before = (await ofRoot(fingerprint)()).length;
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        add(pki.oemRoot.certificate),
        remove(fingerprint),
        add(pki.oemRoot.certificate),
        remove(fingerprint),
      ]);
    }
    const types = (await ofRoot(fingerprint)()).slice(before).map(({ type }) => type);
    const added = types.filter((type) => type === 'ROOT_CERT_ADDED').length;
    expect(await count()).toBe(added - (types.length - added));
  });

  it.each([
    ['an empty one', ''],
    ['blanks', '   '],
    ['two lines', 'One.\nTwo.'],
    ['a line separator', 'One.\u2028Two.'],
    ['a null character', 'One.\u0000'],
    ['half a character', 'One.\ud800'],
    ['501 characters', 'x'.repeat(501)],
  ])('refuses %s as a reason and keeps the root', async (_, reason) => {
    await add(pki.oemRoot.certificate);
    const { payload } = await remove(pki.oemRoot.certificate.fingerprint, reason);
    expect(payload?.userErrors).toEqual([
      {
        code: 'BAD_INPUT',
        message: 'reason : must be 1 to 500 characters on one line',
        path: ['input', 'reason'],
      },
    ]);
    expect(await count()).toBe(1);
  });

  it('takes 500 characters, however many octets they have', async () => {
    await add(pki.oemRoot.certificate);
    expect((await remove(pki.oemRoot.certificate.fingerprint, '🔑'.repeat(500))).payload?.userErrors).toEqual(
      [],
    );
  });

  it.each(['OEM', 'MO', 'CPO', 'CPS', 'SERVICE', 'NOBODY'])('refuses the role %s', async (role) => {
    await add(pki.oemRoot.certificate);
    const { errors } = await remove(pki.oemRoot.certificate.fingerprint, 'Why not.', role);
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(await count()).toBe(1);
  });
});
