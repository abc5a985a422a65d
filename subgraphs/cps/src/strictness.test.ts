import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emaidCheckDigit } from '@chargegraph/iso15118';
import { toPem } from '@chargegraph/pki';
import { addCpsSigner, day, operator, signerInput, start } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { contractInput } from './testing/signing.fixture.ts';
import { emaid, pcid, startWorld, type World } from './testing/world.fixture.ts';

const right = emaidCheckDigit(emaid);
const withWrongDigit = `${emaid}${right === '0' ? '1' : '0'}`;
const wrongDigit = `The check digit of the EMAID ${withWrongDigit} is wrong.`;

/** A signer whose certificate is a charge point operator's, under the V2G root all the same. */
async function addCpoAsSigner(world: World) {
  const input = { ...(await signerInput(world.harness, world.pki.cpo)), makeDefault: false };
  const { data } = await world.harness.run(operator, addCpsSigner, { input });
  return data?.['addCpsSigner'] as {
    cpsSigner: { verdict: { status: string; reasons: string[] } } | null;
    userErrors: { code: string; message: string; path: string[] }[];
  };
}

/** A contract certificate with a signer's domain component and key usage. */
async function oddContract(world: World) {
  const contract = await issueLeaf(world.pki.mo.subCa2, {
    commonName: emaid,
    notBefore: start,
    notAfter: new Date(start.getTime() + 365 * day),
  });
  return { ...world.input, contractCertificate: toPem(contract.certificate) };
}

describe('a lenient provisioning service', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.harness.stop());
  beforeEach(() => world.reset());

  it('says of a signer that its certificate is another role’s', async () => {
    const { cpsSigner, userErrors } = await addCpoAsSigner(world);
    expect(userErrors).toEqual([]);
    expect(cpsSigner?.verdict.status).toBe('VALID');
    expect(cpsSigner?.verdict.reasons.join()).toContain('Its domain component is not CPS.');
  });

  it('warns of what it signs that departs from the profile', async () => {
    const { result } = await world.signed(await oddContract(world));
    expect(result.warnings.join()).toContain('Its domain component is not MO.');
  });

  it('warns of a wrong check digit, also where the data is returned only', async () => {
    const { result } = await world.signed(await contractInput(world.pki, { emaid: withWrongDigit }));
    expect(result.warnings).toEqual([wrongDigit]);
    expect(result.emaid).toBe(withWrongDigit);
    expect((await world.signed({ ...world.input, pcid })).result.warnings).toEqual([]);
  });
});

describe('a strict provisioning service', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({ profile: 'strict', emaidCheckDigit: 'strict' });
  });
  afterAll(() => world.harness.stop());
  beforeEach(() => world.reset());

  it('signs what keeps the profile', async () => {
    expect((await world.signed({ ...world.input, pcid })).result.warnings).toEqual([]);
  });

  it('refuses a signer whose certificate is another role’s', async () => {
    const { cpsSigner, userErrors } = await addCpoAsSigner(world);
    expect(cpsSigner).toBeNull();
    expect(userErrors).toMatchObject([
      {
        code: 'CERTIFICATE_INVALID',
        path: ['input', 'certificate'],
        message: expect.stringContaining('Its domain component is not CPS.') as unknown,
      },
    ]);
  });

  it('refuses to sign what departs from the profile', async () => {
    await world.expectRefusal(await oddContract(world), 'CERTIFICATE_INVALID', 'contractCertificate');
  });

  it('refuses a wrong check digit', async () => {
    const input = await contractInput(world.pki, { emaid: withWrongDigit });
    await world.expectRefusal(input, 'CERTIFICATE_INVALID', 'contractCertificate', wrongDigit);
  });
});
