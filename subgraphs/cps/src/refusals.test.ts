import { partnerRoles } from '@chargegraph/identity';
import { toPem, type IssuedCertificate } from '@chargegraph/pki';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callerWith, day, start } from './testing/harness.fixture.ts';
import { issueLeaf, tampered } from './testing/issue.fixture.ts';
import { contractInput, inputOf, signContractData } from './testing/signing.fixture.ts';
import { emaid, mo, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const inAYear = new Date(start.getTime() + 365 * day);

/** A contract certificate that the demo PKI would not issue. */
const oddContract = (request: {
  commonName?: string;
  curve?: string;
  organization?: string;
  issuer?: IssuedCertificate;
}) =>
  issueLeaf(request.issuer ?? world.pki.mo.subCa2, {
    commonName: emaid,
    notBefore: start,
    notAfter: inAYear,
    ...request,
  });

const withCertificate = (contract: IssuedCertificate) => ({
  ...world.input,
  contractCertificate: toPem(contract.certificate),
  pcid,
});

async function expectError(variables: object, code: string, caller = mo): Promise<void> {
  const response = await world.harness.run(caller, signContractData, { input: variables });
  expect(response.errors?.[0]?.extensions?.['code']).toBe(code);
  await world.expectNothingSigned();
}

describe('who may have contract data signed', () => {
  it.each([...partnerRoles.filter((role) => role !== 'MO_EXTERNAL_PKI'), 'SERVICE' as const])(
    'is not %s',
    async (role) => {
      await expectError({ ...world.input, pcid }, 'FORBIDDEN', callerWith([role], ['DEABC']));
      expect(world.harness.pools.calls).toEqual([]);
    },
  );

  it('is not the operator of another provider id', async () => {
    await expectError(
      { ...world.input, pcid },
      'FORBIDDEN',
      callerWith(['MO_EXTERNAL_PKI'], ['DEXYZ', 'FRABC']),
    );
    expect(world.harness.pools.calls).toEqual([]);
  });
});

describe('contract certificates that are refused', () => {
  it('are those that do not parse', async () => {
    const field = 'contractCertificate';
    await expectRefusalOf({ contractCertificate: 'AAAA' }, field, `Invalid certificate format on ${field}`);
  });

  it('are those whose sub-CAs do not parse', async () => {
    const field = 'subCaCertificates';
    await expectRefusalOf({ subCaCertificates: ['AAAA'] }, field, `Invalid certificate format on ${field}`);
  });

  const expectRefusalOf = (change: object, field: string, message: string) =>
    world.expectRefusal({ ...world.input, pcid, ...change }, 'CERTIFICATE_INVALID', field, message);

  it.each(['Not an EMAID', 'DEABC00000000001', 'D3ABC000000001'])(
    'are those named %s',
    async (commonName) => {
      const contract = await oddContract({ commonName });
      await world.expectRefusal(withCertificate(contract), 'CERTIFICATE_INVALID', 'contractCertificate');
    },
  );

  it('are those with a key on another curve', async () => {
    const contract = await oddContract({ curve: 'P-384' });
    await world.expectRefusal(withCertificate(contract), 'CERTIFICATE_INVALID', 'contractCertificate');
  });

  it('are those of more than 800 octets', async () => {
    const contract = await oddContract({ organization: 'x'.repeat(500) });
    await world.expectRefusal(
      withCertificate(contract),
      'CERTIFICATE_INVALID',
      'contractCertificate',
      `${contract.certificate.subject}: It has ${String(contract.certificate.size)} octets; 800 are allowed.`,
    );
  });

  it('are those that have ended', async () => {
    const notAfter = new Date(start.getTime() + 30 * day);
    const input = await contractInput(world.pki, { emaid, notAfter });
    world.harness.clock.advance(31 * day);
    await world.expectRefusal(
      { ...input, pcid },
      'CERTIFICATE_EXPIRED',
      'contractCertificate',
      'The validUntil date of contract certificate is in the past.',
    );
  });

  it('are those whose sub-CA has ended', async () => {
    const { v2gMo } = world.pki;
    const contract = await issueLeaf(v2gMo.subCa2, {
      commonName: emaid,
      notBefore: start,
      notAfter: new Date(start.getTime() + 1500 * day),
    });
    world.harness.clock.advance(800 * day);
    await world.expectRefusal(
      { ...inputOf(contract, v2gMo), pcid },
      'CERTIFICATE_EXPIRED',
      'subCaCertificates',
    );
  });

  it('are those with a tampered signature', async () => {
    const { certificate } = await oddContract({});
    const input = { ...world.input, pcid, contractCertificate: tampered(certificate) };
    await world.expectRefusal(input, 'CHAIN_INVALID', 'contractCertificate');
  });

  it('are those that a sub-CA of the same name has not signed', async () => {
    const issuer = world.otherPki.mo.subCa2;
    await world.expectRefusal(
      withCertificate(await oddContract({ issuer })),
      'CHAIN_INVALID',
      'contractCertificate',
    );
  });

  it('are those whose root is unknown', async () => {
    const { roots } = world.harness.pools;
    roots.splice(0, Infinity, ...roots.filter(({ type }) => type !== 'MO'));
    await world.expectRefusal({ ...world.input, pcid }, 'ROOT_UNKNOWN', 'subCaCertificates');
  });

  it('are those under an OEM root', async () => {
    const { oem } = world.pki;
    const contract = await oddContract({ issuer: oem.subCa2 });
    await world.expectRefusal({ ...inputOf(contract, oem), pcid }, 'ROOT_UNKNOWN', 'subCaCertificates');
  });

  it('are those with a sub-CA missing', async () => {
    const subCaCertificates = world.input.subCaCertificates.slice(0, 1);
    const { userErrors } = await world.sign({ ...world.input, pcid, subCaCertificates });
    expect(userErrors).toMatchObject([{ code: 'CHAIN_INVALID' }]);
    await world.expectNothingSigned();
  });

  it.each([0, 5])('are those with %i sub-CAs', async (count) => {
    const subCa = world.input.subCaCertificates[0];
    const subCaCertificates = Array.from({ length: count }, () => subCa);
    await world.expectRefusal({ ...world.input, pcid, subCaCertificates }, 'BAD_INPUT', 'subCaCertificates');
  });
});

describe('wrapped keys that are refused', () => {
  it.each([0, 47, 49, 64])('are those of %i octets', async (size) => {
    const encryptedPrivateKey = Buffer.alloc(size, 1).toString('base64');
    await world.expectRefusal(
      { ...world.input, pcid, encryptedPrivateKey },
      'BAD_INPUT',
      'encryptedPrivateKey',
    );
  });

  it.each([
    ['compressed', (point: Buffer) => Buffer.concat([Buffer.of(2), point.subarray(1, 33)])],
    ['one octet too long', (point: Buffer) => Buffer.concat([point, Buffer.of(0)])],
    [
      'off the curve',
      (point: Buffer) => Buffer.concat([point.subarray(0, 64), Buffer.of((point[64] ?? 0) ^ 1)]),
    ],
    ['empty', () => Buffer.alloc(0)],
  ])('are those whose DH public key is %s', async (_, change) => {
    const dhPublicKey = change(Buffer.from(world.input.dhPublicKey, 'base64')).toString('base64');
    await world.expectRefusal({ ...world.input, pcid, dhPublicKey }, 'BAD_INPUT', 'dhPublicKey');
  });
});

describe('what else is refused', () => {
  it('is data of ISO 15118-2 for ISO 15118-20', async () => {
    const input = { ...world.input, pcid, namespace: 'ISO15118_20' };
    await world.expectRefusal(input, 'CERTIFICATE_INVALID', 'contractCertificate');
  });

  it('is a car without a provisioning certificate', async () => {
    await world.expectRefusal(
      { ...world.input, pcid: 'WCGDEMO9999999999' },
      'NOT_FOUND',
      'pcid',
      'The OEM provisioning certificate with the given PCID is not available.',
    );
  });

  it('is anything while the key store does not have the signer key', async () => {
    await world.harness.database.execute("UPDATE cps_signer SET key_reference = 'gone'");
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
  });

  it.each(['rootCertificates', 'provisioningCertificate'])(
    'is anything while %s does not answer',
    async (field) => {
      world.harness.pools.down.add(field);
      await expectError({ ...world.input, pcid }, 'UNAVAILABLE');
    },
  );
});

describe('a refusal of the contract pool', () => {
  const message = 'Invalid Tupple - EMAID is already used by other PCID.';

  it.each([
    [
      ['input', 'pcid'],
      ['input', 'pcid'],
    ],
    [
      ['input', 'signedContractData'],
      ['input', 'contractCertificate'],
    ],
    [['input'], null],
    [null, null],
  ])('about %j is passed on about %j', async (path, expected) => {
    world.harness.pools.refusals = [{ code: 'EMAID_IN_USE', message, path }];
    expect(await world.sign({ ...world.input, pcid })).toEqual({
      signedContractData: null,
      emaid: null,
      cpsSigner: null,
      contract: null,
      warnings: [],
      userErrors: [{ code: 'EMAID_IN_USE', message, path: expected }],
    });
  });

  it('is passed on whole when there are several', async () => {
    const refusals = [
      { code: 'EMAID_IN_USE', message, path: null },
      { code: 'CONFLICT', message: 'Another.', path: null },
    ];
    world.harness.pools.refusals = refusals;
    expect((await world.sign({ ...world.input, pcid })).userErrors).toEqual(refusals);
  });
});
