import { globalId } from '@chargegraph/graph';
import { partnerRoles } from '@chargegraph/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { listSigners, signersOf } from './testing/list.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

/** Adds another signer under the demo PKI's CPS sub-CA, a second after the one before. */
async function addAnother(commonName: string, makeDefault = false): Promise<void> {
  const notAfter = new Date(start.getTime() + 60 * day);
  const leaf = await issueLeaf(world.pki.cps.subCa2, { commonName, notBefore: start, notAfter });
  world.harness.clock.advance(1000);
  await world.addSigner({ ...world.pki.cps, leaf }, makeDefault);
}

describe('the list of signers', () => {
  it.each(partnerRoles)('is shown to %s', async (role) => {
    expect((await signersOf(world.harness, { first: 1 }, callerWith([role]))).totalCount).toBe(1);
  });

  it('is paged both ways, the default one first, then in the order of addition', async () => {
    await addAnother('B');
    await addAnother('C', true);
    const page = (variables: object) => signersOf(world.harness, variables);
    const whole = (await page({ first: 10 })).nodes;
    expect(whole.map(({ isDefault }) => isDefault)).toEqual([true, false, false]);
    expect(whole[1]?.certificate.fingerprint).toBe(world.pki.cps.leaf.certificate.fingerprint);
    const first = await page({ first: 2 });
    expect(first.nodes).toEqual(whole.slice(0, 2));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const second = await page({ first: 2, after: first.pageInfo.endCursor });
    expect(second.nodes).toEqual(whole.slice(2));
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect((await page({ last: 1, before: second.pageInfo.endCursor })).nodes).toEqual(whole.slice(1, 2));
  });

  it('refuses a cursor that it did not give', async () => {
    const after = Buffer.from(JSON.stringify(['0', 'never', 'x', 'y'])).toString('base64url');
    const response = await world.harness.run(operator, listSigners, { first: 1, after });
    expect(response.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_INPUT', argument: ['after'] });
  });
});

describe('a signer named by its id', () => {
  const entity = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on CpsSigner { isDefault } }
  }`;
  const entities = async (id: string) => {
    const representations = [{ __typename: 'CpsSigner', id }];
    const { data } = await world.harness.run(operator, entity, { representations });
    return data?.['_entities'];
  };

  it('is found', async () => {
    const { fingerprint } = world.pki.cps.leaf.certificate;
    expect(await entities(globalId('CpsSigner', fingerprint, 'ISO15118_2'))).toEqual([{ isDefault: true }]);
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['the id of an absent signer', globalId('CpsSigner', 'a'.repeat(64), 'ISO15118_2')],
    ['the id of no namespace', globalId('CpsSigner', 'a'.repeat(64), 'X')],
    ['the id of something else', globalId('RootCertificate', 'a'.repeat(64))],
  ])('is null for %s', async (_, id) => {
    expect(await entities(id)).toEqual([null]);
  });
});
