import { describe, expect, it } from 'vitest';
import { issue, pem, pool, preparePublishing, publish, published } from './publish.fixture.ts';

preparePublishing({ profile: 'strict' });

describe('a strict provisioning pool', () => {
  it('refuses a car certificate for what is a warning otherwise, naming the field', async () => {
    const car = await issue({ keyUsage: false });
    const { payload } = await publish({ vehicleCertificate: pem(car) });
    expect(payload?.userErrors).toMatchObject([
      {
        code: 'CERTIFICATE_INVALID',
        path: ['input', 'vehicleCertificate'],
        message: expect.stringContaining('key usage') as unknown,
      },
    ]);
    expect((await pool.snapshot()).rows).toEqual([]);
  });

  it('takes a chain that keeps the profile', async () => {
    expect((await published())['verdict']).toMatchObject({ status: 'VALID', reasons: [] });
  });
});
