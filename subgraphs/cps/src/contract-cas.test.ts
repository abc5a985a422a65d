import { globalId } from '@chargegraph/graph';
import { partnerRoles } from '@chargegraph/identity';
import { issueCertificate, toPem, type IssuedCertificate, type KeyUsage } from '@chargegraph/pki';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { addCa, addContractCa, caInput, retireContractCa } from './testing/generation.fixture.ts';
import { tampered } from './testing/issue.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

interface Payload {
  readonly contractCa: Record<string, unknown> | null;
  readonly userErrors: readonly { code: string; path: string[] | null; message: string }[];
}

async function mutate(field: string, query: string, input: object): Promise<Payload> {
  const { data, errors } = await world.harness.run(operator, query, { input });
  expect(errors).toBeUndefined();
  return data?.[field] as Payload;
}

const add = async (change: object = {}) =>
  mutate('addContractCa', addContractCa, { ...(await caInput(world.harness, world.pki.mo)), ...change });

const list = `query ($where: ContractCaFilter, $orderBy: ContractCaOrder, $first: Int, $after: String) {
  contractCas(where: $where, orderBy: $orderBy, first: $first, after: $after) {
    nodes { id } pageInfo { endCursor } totalCount
  }
}`;

async function idsOf(variables: object = {}) {
  const { data, errors } = await world.harness.run(operator, list, { first: 10, ...variables });
  expect(errors).toBeUndefined();
  const page = data?.['contractCas'] as {
    nodes: { id: string }[];
    pageInfo: { endCursor: string };
    totalCount: number;
  };
  return { ...page, ids: page.nodes.map(({ id }) => id) };
}

describe('adding a CA', () => {
  it('takes one under an MO or V2G root, once, and records it', async () => {
    await world.harness.forgetWrites();
    const { mo, moRoot } = world.pki;
    const { contractCa, userErrors } = await add({ providerIds: ['de-abc', 'DEXYZ', 'DEABC'] });
    expect(userErrors).toEqual([]);
    const { fingerprint } = mo.subCa2.certificate;
    expect(contractCa).toEqual({
      id: globalId('ContractCa', fingerprint, 'ISO15118_2'),
      namespace: 'ISO15118_2',
      providerIds: ['DEABC', 'DEXYZ'],
      ocspUrl: null,
      crlUrl: null,
      retiredAt: null,
      retirementReason: null,
      addedAt: start.toISOString(),
      certificate: { fingerprint },
      subCaCertificates: [{ fingerprint: mo.subCa1.certificate.fingerprint }],
      rootCertificate: { id: globalId('RootCertificate', moRoot.certificate.fingerprint) },
      verdict: { status: 'VALID' },
    });
    world.harness.clock.advance(1_000);
    expect((await add({ providerIds: ['DEABC', 'DEXYZ'] })).contractCa).toEqual(contractCa);
    const entry = { action: 'addContractCa', object: `ContractCa ${fingerprint} ISO15118_2` };
    expect(await world.harness.writes()).toMatchObject([entry]);
    await addCa(world.harness, world.pki.v2gMo);
    expect((await idsOf()).totalCount).toBe(2);
  });

  it('brings the same CA up to date', async () => {
    await add();
    const ocspUrl = 'http://ocsp.example.invalid';
    const crlUrl = 'https://gateway.example.invalid/crl/x.crl';
    const { contractCa } = await add({ providerIds: ['DEXYZ'], ocspUrl, crlUrl });
    expect(contractCa).toMatchObject({ providerIds: ['DEXYZ'], ocspUrl, crlUrl });
    expect((await add({ ocspUrl })).contractCa).toMatchObject({ ocspUrl, crlUrl: null });
    expect((await add()).contractCa).toMatchObject({ providerIds: [], ocspUrl: null });
    expect((await idsOf()).totalCount).toBe(1);
  });

  it('refuses a contract certificate’s, a broken and an unknown chain', async () => {
    const { moRoot, mo } = world.pki;
    expect((await add({ certificate: toPem(world.car.certificate) })).userErrors).toMatchObject([
      { code: 'CERTIFICATE_INVALID', path: ['input', 'certificate'] },
    ]);
    expect((await add({ certificate: tampered(mo.subCa2.certificate) })).userErrors).toMatchObject([
      { code: 'CHAIN_INVALID' },
    ]);
    expect((await add({ subCaCertificates: [] })).userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
    const { roots } = world.harness.pools;
    const index = roots.findIndex(({ certificate }) => certificate === moRoot.certificate);
    roots.splice(index, 1);
    expect((await add()).userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
    expect((await idsOf()).totalCount).toBe(0);
  });

  it('refuses a CA that its own issuer lets issue nothing below itself', async () => {
    const { subCa2 } = world.pki.mo;
    const below = await issueCa(subCa2, 0);
    const input = {
      certificate: toPem(below.certificate),
      subCaCertificates: [subCa2, world.pki.mo.subCa1].map(({ certificate }) => toPem(certificate)),
      keyReference: 'below',
    };
    await world.harness.keyStore.importKey('below', below.privateKey);
    expect((await add(input)).userErrors).toMatchObject([
      { code: 'CHAIN_INVALID', path: ['input', 'certificate'] },
    ]);
  });

  it('refuses the address of a CRL for a CA that may sign none', async () => {
    const { subCa1 } = world.pki.mo;
    const ca = await issueCa(subCa1, 0, ['keyCertSign']);
    await world.harness.keyStore.importKey('no-crls', ca.privateKey);
    const input = { certificate: toPem(ca.certificate), keyReference: 'no-crls' };
    expect((await add({ ...input, crlUrl: 'https://x.example.invalid/x.crl' })).userErrors).toMatchObject([
      { code: 'CERTIFICATE_INVALID', path: ['input', 'certificate'] },
    ]);
    expect((await add(input)).userErrors).toEqual([]);
  });

  it.each([
    ['providerIds', { providerIds: ['DEABCD'] }, 'BAD_INPUT'],
    ['ocspUrl', { ocspUrl: 'ldap://x' }, 'BAD_INPUT'],
    ['ocspUrl', { ocspUrl: `http://${'x'.repeat(200)}` }, 'BAD_INPUT'],
    ['crlUrl', { crlUrl: 'ldap://x' }, 'BAD_INPUT'],
    ['keyReference', { keyReference: 'absent' }, 'SIGNER_UNAVAILABLE'],
    ['namespace', { namespace: 'ISO15118_20' }, 'CERTIFICATE_INVALID'],
  ])('refuses a wrong %s', async (field, change, code) => {
    const { userErrors } = await add(change);
    expect(userErrors).toMatchObject([
      { code, path: ['input', field === 'namespace' ? 'certificate' : field] },
    ]);
    expect((await idsOf()).totalCount).toBe(0);
  });

  it('refuses a key that is not the CA’s', async () => {
    const { keyReference } = await caInput(world.harness, world.pki.v2gMo);
    expect((await add({ keyReference })).userErrors).toMatchObject([{ code: 'KEY_MISMATCH' }]);
  });

  it.each(partnerRoles.filter((role) => role !== 'OPERATOR'))(
    'is not for %s, nor is the list',
    async (role) => {
      const input = await caInput(world.harness, world.pki.mo);
      const caller = callerWith([role], ['DEABC']);
      for (const [query, variables] of [
        [addContractCa, { input }],
        [list, { first: 1 }],
      ] as const) {
        const { errors } = await world.harness.run(caller, query, variables);
        expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
      }
      expect((await idsOf()).totalCount).toBe(0);
    },
  );
});

describe('the list of CAs', () => {
  it('is narrowed, ordered and paged', async () => {
    const mine = await addCa(world.harness, world.pki.mo, { providerIds: ['DEABC'] });
    world.harness.clock.advance(1_000);
    const everybodys = await addCa(world.harness, world.pki.v2gMo);
    expect((await idsOf()).ids).toEqual([mine, everybodys]);
    expect((await idsOf({ orderBy: 'ADDED_AT_DESC' })).ids).toEqual([everybodys, mine]);
    expect((await idsOf({ where: { providerId: 'dexyz' } })).ids).toEqual([everybodys]);
    expect((await idsOf({ where: { providerId: 'DEABC' } })).ids).toEqual([mine, everybodys]);
    expect((await idsOf({ where: { namespace: 'ISO15118_20' } })).ids).toEqual([]);
    const first = await idsOf({ first: 1 });
    expect((await idsOf({ first: 1, after: first.pageInfo.endCursor })).ids).toEqual([everybodys]);
    const { errors } = await world.harness.run(operator, list, { first: 1, where: { providerId: 'X' } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_INPUT', argument: ['where', 'providerId'] });
  });
});

describe('retiring a CA', () => {
  it('leaves it in the list, for good, and records it once', async () => {
    const id = await addCa(world.harness, world.pki.mo);
    await world.harness.forgetWrites();
    const retire = (input: object) =>
      mutate('retireContractCa', retireContractCa, { reason: 'old', ...input });
    const retired = { retiredAt: start.toISOString(), retirementReason: 'old' };
    expect((await retire({ id })).contractCa).toMatchObject(retired);
    world.harness.clock.advance(1_000);
    expect((await retire({ id, reason: 'older' })).contractCa).toMatchObject(retired);
    expect(await world.harness.writes()).toMatchObject([{ action: 'retireContractCa' }]);
    expect((await idsOf({ where: { isRetired: true } })).ids).toEqual([id]);
    expect((await add()).userErrors).toMatchObject([{ code: 'CONFLICT', path: ['input', 'certificate'] }]);
    expect((await retire({ id: 'nonsense' })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    const absent = globalId('ContractCa', 'a'.repeat(64), 'ISO15118_2');
    expect((await retire({ id: absent })).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
    expect((await retire({ id, reason: ' ' })).userErrors).toMatchObject([{ code: 'BAD_INPUT' }]);
  });
});

/** A CA below another one, within a path length or not. */
async function issueCa(
  issuer: IssuedCertificate,
  pathLength: number,
  keyUsage: readonly KeyUsage[] = ['keyCertSign', 'cRLSign'],
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await issueCertificate({
    subject: { commonName: 'MO CA', organization: 'Test', domainComponent: 'MO' },
    publicKey,
    issuer: issuer.certificate,
    signingKey: issuer.privateKey,
    notBefore: start,
    notAfter: new Date(start.getTime() + 700 * day),
    ca: { pathLength },
    keyUsage,
  });
  return { certificate, privateKey };
}
