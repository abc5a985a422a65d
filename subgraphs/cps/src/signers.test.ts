import { createDemoPki, type DemoPki } from '@chargegraph/pki';
import { partnerRoles, serviceCaller } from '@chargegraph/identity';
import { globalId } from '@chargegraph/graph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addCpsSigner,
  callerWith,
  day,
  operator,
  signerInput,
  start,
  startHarness,
  type Harness,
} from './testing/harness.fixture.ts';
import { signersOf } from './testing/list.fixture.ts';
import { issueLeaf, tampered } from './testing/issue.fixture.ts';

interface AddResult {
  readonly cpsSigner: {
    id: string;
    certificate: { fingerprint: string };
    subCaCertificates: { fingerprint: string }[];
    rootCertificate: { id: string };
    namespace: string;
    isDefault: boolean;
    verdict: { status: string; reasons: string[] };
    addedAt: string;
  } | null;
  readonly userErrors: { message: string; path: string[] | null; code: string }[];
}

let harness: Harness;
let pki: DemoPki;

beforeAll(async () => {
  [harness, pki] = await Promise.all([startHarness(), createDemoPki({ now: start })]);
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.reset();
  harness.pools.roots.push({ type: 'V2G', certificate: pki.v2gRoot.certificate });
});

async function add(input: object): Promise<AddResult> {
  const response = await harness.run(operator, addCpsSigner, { input });
  expect(response.errors).toBeUndefined();
  return response.data?.['addCpsSigner'] as AddResult;
}

const signers = () => signersOf(harness);

/** Another signer under the demo PKI's CPS sub-CA. */
async function anotherSigner(commonName: string) {
  const leaf = await issueLeaf(pki.cps.subCa2, {
    commonName,
    notBefore: start,
    notAfter: new Date(start.getTime() + 60 * day),
  });
  return { ...pki.cps, leaf };
}

const expectNoSigner = async () => {
  expect((await signers()).totalCount).toBe(0);
};

describe('adding a signer', () => {
  it('takes one whose chain ends at a V2G root and makes the first one the default', async () => {
    const { cpsSigner, userErrors } = await add(await signerInput(harness, pki.cps));
    const { leaf, subCa1, subCa2 } = pki.cps;
    expect(userErrors).toEqual([]);
    expect(cpsSigner).toEqual({
      id: globalId('CpsSigner', leaf.certificate.fingerprint, 'ISO15118_2'),
      certificate: { fingerprint: leaf.certificate.fingerprint },
      subCaCertificates: [subCa2, subCa1].map(({ certificate }) => ({
        fingerprint: certificate.fingerprint,
      })),
      rootCertificate: { id: globalId('RootCertificate', pki.v2gRoot.certificate.fingerprint) },
      namespace: 'ISO15118_2',
      isDefault: true,
      verdict: { status: 'VALID', reasons: [] },
      addedAt: start.toISOString(),
    });
  });

  it('asks for the roots as a service, and only for V2G roots', async () => {
    await add(await signerInput(harness, pki.cps));
    expect(harness.pools.calls.map(({ field }) => field)).toEqual(['rootCertificates']);
    expect(harness.pools.calls[0]?.context.caller).toEqual(serviceCaller('cps'));
  });

  it('finds the root on a later page of the list', async () => {
    const others = await Promise.all([1, 2].map(() => createDemoPki({ now: start })));
    harness.pools.roots.unshift(
      ...others.map(({ v2gRoot }) => ({ type: 'V2G' as const, certificate: v2gRoot.certificate })),
    );
    harness.pools.pageSize = 1;
    expect((await add(await signerInput(harness, pki.cps))).userErrors).toEqual([]);
  });

  it('changes nothing when the same signer comes again', async () => {
    const input = await signerInput(harness, pki.cps);
    const first = await add(input);
    const rows = await harness.database.query('SELECT * FROM cps_signer');
    harness.clock.advance(day);
    expect(await add(input)).toEqual(first);
    expect(await harness.database.query('SELECT * FROM cps_signer')).toEqual(rows);
  });

  it('leaves the default as it is unless the new signer shall be it', async () => {
    await add(await signerInput(harness, pki.cps));
    const second = await signerInput(harness, await anotherSigner('Second'));
    expect((await add(second)).cpsSigner?.isDefault).toBe(false);
    expect((await add({ ...second, makeDefault: true })).cpsSigner?.isDefault).toBe(true);
    const { nodes, totalCount } = await signers();
    expect(totalCount).toBe(2);
    expect(nodes.map(({ isDefault }) => isDefault)).toEqual([true, false]);
    expect(nodes[1]?.certificate.fingerprint).toBe(pki.cps.leaf.certificate.fingerprint);
  });

  it('ends with one default when several come at once', async () => {
    const inputs = await Promise.all(
      ['A', 'B', 'C', 'D'].map(async (name) => signerInput(harness, await anotherSigner(name))),
    );
    const results = await Promise.all(inputs.map((input) => add({ ...input, makeDefault: true })));
    expect(results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect((await signers()).nodes.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  it.each([...partnerRoles.filter((role) => role !== 'OPERATOR'), 'SERVICE' as const])(
    'refuses %s',
    async (role) => {
      const input = await signerInput(harness, pki.cps);
      const response = await harness.run(callerWith([role]), addCpsSigner, { input });
      expect(response.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
      expect(harness.pools.calls).toEqual([]);
      await expectNoSigner();
    },
  );

  it("refuses a key that is not the certificate's", async () => {
    const other = await signerInput(harness, await anotherSigner('Other'));
    const input = { ...(await signerInput(harness, pki.cps)), keyReference: other.keyReference };
    expect((await add(input)).userErrors).toMatchObject([
      { code: 'KEY_MISMATCH', path: ['input', 'keyReference'] },
    ]);
    await expectNoSigner();
  });

  it.each([
    ['absent-key', 'SIGNER_UNAVAILABLE'],
    ['../secrets', 'BAD_INPUT'],
  ])('refuses the key reference %s', async (keyReference, code) => {
    const input = { ...(await signerInput(harness, pki.cps)), keyReference };
    expect((await add(input)).userErrors).toMatchObject([{ code, path: ['input', 'keyReference'] }]);
    await expectNoSigner();
  });

  it('refuses a chain whose root is unknown', async () => {
    harness.pools.roots.length = 0;
    const { cpsSigner, userErrors } = await add(await signerInput(harness, pki.cps));
    expect(cpsSigner).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
    await expectNoSigner();
  });

  it('refuses a chain whose root is none of V2G', async () => {
    harness.pools.roots.splice(0, 1, { type: 'MO', certificate: pki.v2gRoot.certificate });
    expect((await add(await signerInput(harness, pki.cps))).userErrors).toMatchObject([
      { code: 'ROOT_UNKNOWN' },
    ]);
    await expectNoSigner();
  });

  it('refuses an expired signer', async () => {
    harness.clock.advance(91 * day);
    expect((await add(await signerInput(harness, pki.cps))).userErrors).toMatchObject([
      { code: 'CERTIFICATE_EXPIRED', path: ['input', 'certificate'] },
    ]);
    await expectNoSigner();
  });

  it('takes a signer whose validity begins later and says so', async () => {
    const leaf = await issueLeaf(pki.cps.subCa2, {
      commonName: 'Next quarter',
      notBefore: new Date(start.getTime() + 30 * day),
      notAfter: new Date(start.getTime() + 120 * day),
    });
    const { cpsSigner } = await add(await signerInput(harness, { ...pki.cps, leaf }));
    expect(cpsSigner?.verdict.status).toBe('NOT_YET_VALID');
  });

  it('refuses a tampered signature', async () => {
    const input = {
      ...(await signerInput(harness, pki.cps)),
      certificate: tampered(pki.cps.leaf.certificate),
    };
    expect((await add(input)).userErrors).toMatchObject([{ code: 'CHAIN_INVALID' }]);
    await expectNoSigner();
  });

  it('refuses a missing sub-CA', async () => {
    const input = await signerInput(harness, pki.cps);
    const subCaCertificates = input.subCaCertificates.slice(0, 1);
    expect((await add({ ...input, subCaCertificates })).userErrors).toMatchObject([
      { code: 'CHAIN_INVALID' },
    ]);
    await expectNoSigner();
  });

  it('refuses a key on another curve', async () => {
    const leaf = await issueLeaf(pki.cps.subCa2, {
      commonName: 'P-384',
      notBefore: start,
      notAfter: new Date(start.getTime() + 60 * day),
      curve: 'P-384',
    });
    const { userErrors } = await add(await signerInput(harness, { ...pki.cps, leaf }));
    expect(userErrors).toMatchObject([{ code: 'CERTIFICATE_INVALID', path: ['input', 'certificate'] }]);
    await expectNoSigner();
  });

  it('refuses what is no certificate', async () => {
    const input = { ...(await signerInput(harness, pki.cps)), certificate: 'AAAA' };
    expect((await add(input)).userErrors).toEqual([
      {
        code: 'CERTIFICATE_INVALID',
        message: 'Invalid certificate format on certificate',
        path: ['input', 'certificate'],
      },
    ]);
    await expectNoSigner();
  });

  it('refuses a key of ISO 15118-2 for ISO 15118-20', async () => {
    const input = { ...(await signerInput(harness, pki.cps)), namespace: 'ISO15118_20' };
    expect((await add(input)).userErrors).toMatchObject([
      { code: 'CERTIFICATE_INVALID', path: ['input', 'certificate'] },
    ]);
    await expectNoSigner();
  });

  it('fails when the root pool does not answer, and stores nothing', async () => {
    harness.pools.down.add('rootCertificates');
    const response = await harness.run(operator, addCpsSigner, {
      input: await signerInput(harness, pki.cps),
    });
    expect(response.errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    await expectNoSigner();
  });
});
