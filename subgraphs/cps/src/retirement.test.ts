import { globalId } from '@chargegraph/graph';
import { partnerRoles } from '@chargegraph/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addCpsSigner,
  callerWith,
  day,
  operator,
  signerInput,
  start,
  type SignerChain,
} from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { mo, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const retireCpsSigner = `
  mutation ($input: RetireCpsSignerInput!) {
    retireCpsSigner(input: $input) {
      cpsSigner { id isDefault retiredAt retirementReason }
      userErrors { message path code }
    }
  }`;

const list = `
  query ($where: CpsSignerFilter, $orderBy: CpsSignerOrder, $first: Int, $after: String) {
    cpsSigners(where: $where, orderBy: $orderBy, first: $first, after: $after) {
      nodes { isDefault endsAt retiredAt namespace certificate { fingerprint } }
      pageInfo { endCursor }
      totalCount
    }
  }`;

interface Listed {
  nodes: { isDefault: boolean; retiredAt: string | null; certificate: { fingerprint: string } }[];
  pageInfo: { endCursor: string };
  totalCount: number;
}

const idOf = ({ leaf }: SignerChain) => globalId('CpsSigner', leaf.certificate.fingerprint, 'ISO15118_2');

async function retire(input: object) {
  const response = await world.harness.run(operator, retireCpsSigner, {
    input: { reason: 'its key is worn out', ...input },
  });
  expect(response.errors).toBeUndefined();
  return response.data?.['retireCpsSigner'] as { cpsSigner: object | null; userErrors: object[] };
}

async function listed(variables: object = {}, caller = operator): Promise<Listed> {
  const response = await world.harness.run(caller, list, { first: 10, ...variables });
  expect(response.errors).toBeUndefined();
  return response.data?.['cpsSigners'] as Listed;
}

const fingerprints = ({ nodes }: Listed) => nodes.map(({ certificate }) => certificate.fingerprint);
const fingerprintOf = ({ leaf }: SignerChain) => leaf.certificate.fingerprint;

/** Another signer under the same V2G root, that ends after so many days. */
async function addAnother(days: number): Promise<SignerChain> {
  const leaf = await issueLeaf(world.pki.cps.subCa2, {
    commonName: `CPS for ${String(days)} days`,
    notBefore: start,
    notAfter: new Date(start.getTime() + days * day),
  });
  const chain = { ...world.pki.cps, leaf };
  world.harness.clock.advance(1_000);
  await world.addSigner(chain);
  return chain;
}

describe('retiring a signer', () => {
  it('leaves it in the list and lets it sign no more', async () => {
    const { cpsSigner, userErrors } = await retire({ id: idOf(world.pki.cps) });
    expect(userErrors).toEqual([]);
    expect(cpsSigner).toEqual({
      id: idOf(world.pki.cps),
      isDefault: false,
      retiredAt: start.toISOString(),
      retirementReason: 'its key is worn out',
    });
    expect((await listed()).nodes).toMatchObject([{ retiredAt: start.toISOString(), isDefault: false }]);
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
    const v2gRootFingerprint = world.pki.v2gRoot.certificate.fingerprint;
    await world.expectRefusal(
      { ...world.input, pcid, v2gRootFingerprint },
      'SIGNER_UNAVAILABLE',
      'v2gRootFingerprint',
    );
  });

  it('goes by fingerprint and namespace too', async () => {
    const fingerprint = fingerprintOf(world.pki.cps);
    expect((await retire({ fingerprint, namespace: 'ISO15118_2' })).userErrors).toEqual([]);
    expect((await listed({ where: { isRetired: true } })).totalCount).toBe(1);
  });

  it('is recorded, once', async () => {
    await world.harness.forgetWrites();
    await retire({ id: idOf(world.pki.cps) });
    world.harness.clock.advance(1_000);
    const again = await retire({ id: idOf(world.pki.cps), reason: 'another one' });
    expect(again.cpsSigner).toMatchObject({
      retiredAt: start.toISOString(),
      retirementReason: 'its key is worn out',
    });
    expect(await world.harness.writes()).toMatchObject([
      {
        action: 'retireCpsSigner',
        object: `CpsSigner ${fingerprintOf(world.pki.cps)} ISO15118_2`,
        clientId: 'test-client',
        traceId: 'test-trace',
      },
    ]);
  });

  it('makes none other the default, unless one is named', async () => {
    const other = await addAnother(60);
    await retire({ id: idOf(world.pki.cps) });
    expect((await listed()).nodes.map(({ isDefault }) => isDefault)).toEqual([false, false]);
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
    const { userErrors } = await retire({ id: idOf(world.pki.cps), newDefault: idOf(other) });
    expect(userErrors).toEqual([]);
    expect((await listed({ where: { isDefault: true } })).nodes).toMatchObject([
      { certificate: { fingerprint: fingerprintOf(other) } },
    ]);
    await world.signed({ ...world.input, pcid });
  });

  it('changes nothing when the new default cannot be one', async () => {
    const other = await addAnother(60);
    await retire({ id: idOf(other) });
    const iso20 = globalId('CpsSigner', fingerprintOf(other), 'ISO15118_20');
    const id = idOf(world.pki.cps);
    for (const [newDefault, code] of [
      [idOf(other), 'BAD_INPUT'],
      [id, 'BAD_INPUT'],
      [iso20, 'BAD_INPUT'],
      [globalId('CpsSigner', 'a'.repeat(64), 'ISO15118_2'), 'NOT_FOUND'],
      ['nonsense', 'NOT_FOUND'],
    ]) {
      const { userErrors } = await retire({ id, newDefault });
      expect(userErrors).toMatchObject([{ code, path: ['input', 'newDefault'] }]);
    }
    expect((await listed({ where: { isRetired: false } })).nodes).toMatchObject([{ isDefault: true }]);
  });

  it.each([
    [{}, 'BAD_INPUT', 'id'],
    [{ id: 'x', fingerprint: 'a'.repeat(64) }, 'BAD_INPUT', 'id'],
    [{ fingerprint: 'a'.repeat(64) }, 'BAD_INPUT', 'id'],
    [{ fingerprint: 'a'.repeat(64), namespace: 'ISO15118_2' }, 'NOT_FOUND', 'id'],
    [{ id: 'nonsense' }, 'NOT_FOUND', 'id'],
  ])('refuses %j', async (input, code, field) => {
    expect((await retire(input)).userErrors).toMatchObject([{ code, path: ['input', field] }]);
  });

  it.each(['', '   ', 'x'.repeat(501)])('asks for a reason', async (reason) => {
    const { userErrors } = await retire({ id: idOf(world.pki.cps), reason });
    expect(userErrors).toMatchObject([{ code: 'BAD_INPUT', path: ['input', 'reason'] }]);
  });

  it.each(partnerRoles.filter((role) => role !== 'OPERATOR'))('is not for %s', async (role) => {
    const input = { id: idOf(world.pki.cps), reason: 'because' };
    const response = await world.harness.run(callerWith([role], ['DEABC']), retireCpsSigner, { input });
    expect(response.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect((await listed({ where: { isRetired: true } })).totalCount).toBe(0);
  });

  it('is for good: the signer cannot be added again', async () => {
    await retire({ id: idOf(world.pki.cps) });
    const input = { ...(await signerInput(world.harness, world.pki.cps)), makeDefault: true };
    const { data } = await world.harness.run(operator, addCpsSigner, { input });
    expect(data?.['addCpsSigner']).toMatchObject({
      cpsSigner: null,
      userErrors: [{ code: 'CONFLICT', path: ['input', 'certificate'] }],
    });
    expect((await listed()).nodes).toMatchObject([{ isDefault: false, retiredAt: start.toISOString() }]);
  });
});

describe('the list of signers', () => {
  it('is narrowed by namespace, root, default, retirement and end', async () => {
    const other = await addAnother(60);
    await world.addSigner(world.otherPki.cps);
    await retire({ id: idOf(other) });
    const [first, third] = [fingerprintOf(world.pki.cps), fingerprintOf(world.otherPki.cps)];
    const only = async (where: object) => fingerprints(await listed({ where }));
    expect(await only({ namespace: 'ISO15118_20' })).toEqual([]);
    expect(await only({ v2gRootFingerprint: world.otherPki.v2gRoot.certificate.fingerprint })).toEqual([
      third,
    ]);
    expect(await only({ isDefault: true })).toEqual([first]);
    expect(await only({ isRetired: false })).toEqual([first, third]);
    expect(await only({ expiringBefore: new Date(start.getTime() + 61 * day).toISOString() })).toEqual([
      fingerprintOf(other),
    ]);
    expect((await listed({ where: { isRetired: true, isDefault: true } })).totalCount).toBe(0);
  });

  it('is ordered by end and by addition, and paged in that order', async () => {
    const [short, long] = [await addAnother(30), await addAnother(200)];
    const ends = [short, world.pki.cps, long].map(fingerprintOf);
    expect(fingerprints(await listed({ orderBy: 'ENDS_AT_ASC' }))).toEqual(ends);
    expect(fingerprints(await listed({ orderBy: 'ENDS_AT_DESC' }))).toEqual([...ends].reverse());
    const added = [world.pki.cps, short, long].map(fingerprintOf);
    expect(fingerprints(await listed({ orderBy: 'ADDED_AT_DESC' }))).toEqual([...added].reverse());
    const first = await listed({ orderBy: 'ENDS_AT_DESC', first: 2 });
    const second = await listed({ orderBy: 'ENDS_AT_DESC', first: 2, after: first.pageInfo.endCursor });
    expect([...fingerprints(first), ...fingerprints(second)]).toEqual([...ends].reverse());
  });

  it('shows everybody that a signer is retired, and the operator alone why', async () => {
    await retire({ id: idOf(world.pki.cps) });
    expect((await listed({}, mo)).nodes).toMatchObject([{ retiredAt: start.toISOString() }]);
    const { errors } = await world.harness.run(mo, '{ cpsSigners(first: 1) { nodes { retirementReason } } }');
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  });

  it('hangs on each V2G root, with that root’s signers', async () => {
    await world.addSigner(world.otherPki.cps);
    const query = `query ($id: ID!) {
      _entities(representations: [{ __typename: "RootCertificate", id: $id }]) {
        ... on RootCertificate { cpsSigners(first: 5) { totalCount nodes { certificate { fingerprint } } } }
      }
    }`;
    for (const { cps, v2gRoot } of [world.pki, world.otherPki]) {
      const id = globalId('RootCertificate', v2gRoot.certificate.fingerprint);
      const { data } = await world.harness.run(operator, query, { id });
      expect(data?.['_entities']).toEqual([
        { cpsSigners: { totalCount: 1, nodes: [{ certificate: { fingerprint: fingerprintOf(cps) } }] } },
      ]);
    }
  });

  it('knows the ends of signers that an older version stored', async () => {
    await world.harness.database.execute('UPDATE cps_signer SET ends_at = NULL');
    await world.harness.cps.start();
    const expiringBefore = new Date(start.getTime() + 400 * day).toISOString();
    expect((await listed({ where: { expiringBefore } })).totalCount).toBe(1);
  });
});
