import { describe, expect, it } from 'vitest';
import { add, count, makeRoot, pki, prepareRoots } from './roots.fixture.ts';

prepareRoots({ profile: 'strict' });

describe('a strict root pool', () => {
  it('refuses a root for what is a warning otherwise', async () => {
    const { payload } = await add(await makeRoot('Root Without Key Usage', { keyUsage: false }));
    expect(payload).toMatchObject({
      rootCertificate: null,
      userErrors: [
        {
          code: 'CERTIFICATE_INVALID',
          path: ['input', 'certificate'],
          message: expect.stringContaining('key usage') as unknown,
        },
      ],
    });
    expect(await count()).toBe(0);
  });

  it('takes a root that keeps the profile', async () => {
    expect((await add(pki.oemRoot.certificate)).payload?.userErrors).toEqual([]);
  });
});
