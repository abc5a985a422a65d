import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expiryQuestion } from '@chargegraph/expiry';
import { serviceCaller } from '@chargegraph/identity';
import type { Certificate } from '@chargegraph/pki';
import { createRootSet, type RootType } from '@chargegraph/trust';
import { signingExpiry, type ChainedCounts } from './domain/expiry.ts';
import { addCa, retireContractCa } from './testing/generation.fixture.ts';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import { startWorld, type World } from './testing/world.fixture.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const query = `query ($within: [Duration!]!) {
  signingServiceExpiry(within: $within) {
    pool at kinds { kind total ended within { duration count } revoked invalidChain } } }`;

interface Kind {
  readonly kind: string;
  readonly total: number;
}
const kinds = async (within: readonly string[] = []) => {
  const { data, errors } = await world.harness.run(serviceCaller('cps'), query, { within });
  expect(errors).toBeUndefined();
  return (data?.['signingServiceExpiry'] as { kinds: Kind[] }).kinds;
};
const setEnd = (table: string, days: number) =>
  world.harness.database.execute(`UPDATE ${table} SET ends_at = $1`, [
    new Date(start.getTime() + days * day),
  ]);

describe('the ends of signers and contract CAs', () => {
  it('are counted by their chains’ ends, each on their own', async () => {
    await addCa(world.harness, world.pki.mo);
    await setEnd('cps_signer', 5);
    await setEnd('contract_ca', 20);
    await world.addSigner(world.otherPki.cps);
    const within = (...counts: number[]) =>
      ['P7D', 'P30D'].map((duration, index) => ({ duration, count: counts[index] }));
    const common = { ended: 0, revoked: 0, invalidChain: null };
    expect(await kinds(['P7D', 'P30D'])).toEqual([
      { ...common, kind: 'CPS_SIGNER', total: 2, within: within(1, 1) },
      { ...common, kind: 'CONTRACT_CA', total: 1, within: within(0, 1) },
    ]);
    world.harness.clock.advance(20 * day);
    expect(await kinds(['P7D', 'P30D'])).toMatchObject([
      { total: 2, ended: 1, within: within(0, 0) },
      { total: 1, ended: 1, within: within(0, 0) },
    ]);
  });

  it('are not those of retired ones', async () => {
    await addCa(world.harness, world.pki.mo);
    const { data } = await world.harness.run(
      operator,
      '{ cpsSigners(first: 1) { nodes { id } } contractCas(first: 1) { nodes { id } } }',
    );
    const idOf = (list: string) => (data?.[list] as { nodes: [{ id: string }] }).nodes[0].id;
    const reason = 'It is replaced.';
    const retireSigner = `mutation ($input: RetireCpsSignerInput!) {
      retireCpsSigner(input: $input) { userErrors { message } } }`;
    await world.harness.run(operator, retireSigner, { input: { id: idOf('cpsSigners'), reason } });
    await world.harness.run(operator, retireContractCa, { input: { id: idOf('contractCas'), reason } });
    expect((await kinds()).map(({ total }) => total)).toEqual([0, 0]);
  });

  it('are for operator and services alone', async () => {
    expect((await world.harness.run(operator, query, { within: [] })).errors).toBeUndefined();
    for (const role of ['OEM', 'MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPO', 'CPS'] as const) {
      expect((await world.harness.run(callerWith([role]), query, { within: [] })).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
  });
});

describe('signers and contract CAs without a root', () => {
  it('are counted by what each may end at', async () => {
    const { cps, v2gRoot, mo, moRoot } = world.pki;
    const ofOne = {
      namespace: 'ISO15118_2',
      keyReference: 'key',
      addedAt: start,
      retirement: undefined,
    } as const;
    const subCas = (of: typeof mo) => [of.subCa2.certificate, of.subCa1.certificate];
    const none = { total: 1, ended: 0, within: [], revoked: 0 };
    const counts: ChainedCounts = {
      counts: () => Promise.resolve({ signers: none, contractCas: none }),
      signers: () =>
        Promise.resolve([
          {
            ...ofOne,
            certificate: cps.leaf.certificate,
            subCas: subCas(cps),
            root: v2gRoot.certificate,
            isDefault: true,
          },
        ]),
      contractCas: () =>
        Promise.resolve([
          {
            ...ofOne,
            certificate: mo.subCa2.certificate,
            subCas: [mo.subCa1.certificate],
            root: moRoot.certificate,
            providerIds: [],
            ocspUrl: undefined,
            crlUrl: undefined,
          },
        ]),
    };
    const without = async (...roots: readonly (readonly [RootType, Certificate])[]) => {
      const held = createRootSet(roots.map(([type, certificate]) => ({ type, certificate })));
      return (await signingExpiry(counts, held, expiryQuestion([], start))).map((kind) => kind.invalidChain);
    };
    expect(await without(['V2G', v2gRoot.certificate], ['MO', moRoot.certificate])).toEqual([0, 0]);
    expect(await without(['MO', v2gRoot.certificate], ['OEM', moRoot.certificate])).toEqual([1, 1]);
    expect(await without(['MO', moRoot.certificate])).toEqual([1, 0]);
  });
});
