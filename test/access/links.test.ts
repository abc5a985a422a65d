import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId } from '@chargegraph/graph';
import type { PartnerRole } from '@chargegraph/identity';
import { sides, startWorld, type PublishedCar, type World } from '../harness/world.ts';
import { recordQueries } from './queries.ts';

const contractsOfCar = `query ($id: ID!) { _entities(representations: [{ __typename: "ProvisioningCertificate", id: $id }]) {
  ... on ProvisioningCertificate { contracts(first: 10) { nodes { emaid } totalCount } } } }`;

/** What a connection shows. */
interface Shown {
  readonly nodes: readonly Record<string, string>[];
  readonly totalCount: number;
}

describe('links across pools show what the caller may see, counts too', () => {
  let world: World;
  let cars: Record<'own' | 'other' | 'bare', PublishedCar>;
  beforeAll(async () => {
    world = await startWorld();
    cars = {
      own: await world.publishCar('own'),
      other: await world.publishCar('other'),
      bare: await world.publishCar('own'),
    };
    // Each car has one contract of the callers' operator and two of another one.
    for (const car of [cars.own, cars.other]) {
      for (const mo of ['own', 'other', 'other'] as const) await world.publishContract(mo, car);
    }
  }, 60_000);
  afterAll(() => world.stop());

  const idOf = (pcid: string) => globalId('ProvisioningCertificate', 'ISO15118_2', pcid);
  const atCcp = async (role: PartnerRole, pcid: string): Promise<Shown> => {
    const { data, errors } = await world.atPool('ccp', role, {
      query: contractsOfCar,
      variables: { id: idOf(pcid) },
    });
    expect(errors).toBeUndefined();
    return (data as { _entities: [{ contracts: Shown }] })._entities[0].contracts;
  };
  const ask = async <T>(role: PartnerRole, query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await world.viaGateway(role, { query, variables });
    expect(errors).toBeUndefined();
    return data as T;
  };

  it.each([
    ['OEM', 'own', 3],
    ['OEM', 'other', 0],
    ['MO_EXTERNAL_PKI', 'own', 1],
    ['MO_EXTERNAL_PKI', 'other', 1],
    ['MO_V2G_PKI', 'own', 1],
    ['MO_V2G_PKI', 'other', 1],
    ['OPERATOR', 'own', 3],
    ['OPERATOR', 'other', 3],
  ] as const)('%s counts of the contracts of its %s car: %i', async (role, whose, count) => {
    const { pcid } = cars[whose];
    const { nodes, totalCount } = await atCcp(role, pcid);
    expect({ nodes: nodes.length, totalCount }).toEqual({ nodes: count, totalCount: count });
    const { provisioningCertificate } = await ask<{
      provisioningCertificate: { contracts: Shown } | null;
    }>(
      role,
      'query ($of: PCID!) { provisioningCertificate(pcid: $of) { contracts(first: 10) { nodes { emaid } totalCount } } }',
      { of: pcid },
    );
    // Another's car is not there for a car maker, and so has no contracts.
    if (role === 'OEM' && whose === 'other') expect(provisioningCertificate).toBeNull();
    else expect(provisioningCertificate?.contracts).toEqual({ nodes, totalCount });
  });

  it.each(['OEM', 'MO_EXTERNAL_PKI'] as const)(
    'a car with contracts that %s may not see reads like one that is not there: same body, same queries',
    async (role) => {
      const unseen = role === 'OEM' ? cars.other : await carOfOthers();
      const absent = await world.makeCar('none');
      const [ofUnseen, ofAbsent] = [
        await recordQueries(() => atCcp(role, unseen.pcid)),
        await recordQueries(() => atCcp(role, absent.pcid)),
      ];
      expect(ofUnseen.queries.length).toBeGreaterThan(0);
      expect(ofUnseen).toEqual(ofAbsent);
      expect(ofUnseen.result).toEqual({ nodes: [], totalCount: 0 });
    },
  );

  async function carOfOthers(): Promise<PublishedCar> {
    const car = await world.publishCar('other');
    await world.publishContract('other', car);
    return car;
  }

  const carsUnderRoot = `query ($root: SHA256Fingerprint!, $where: ProvisioningCertificateFilter) {
    rootCertificate(fingerprint: $root) { provisioningCertificates(first: 100, where: $where) { nodes { pcid } totalCount } }
    provisioningCertificates(first: 100, where: $where) { nodes { pcid } totalCount } }`;
  const carsOf = async (role: PartnerRole, where: object = {}) => {
    const answer = await ask<{
      rootCertificate: { provisioningCertificates: Shown };
      provisioningCertificates: Shown;
    }>(role, carsUnderRoot, { root: world.pki.oemRoot.certificate.fingerprint, where });
    return [answer.rootCertificate.provisioningCertificates, answer.provisioningCertificates] as const;
  };

  it('a car maker lists and counts its own cars under a root, whatever it asks for', async () => {
    const all = await carsOf('OPERATOR');
    for (const { nodes, totalCount } of all) {
      expect(totalCount).toBe(nodes.length);
      expect(nodes.map(({ pcid }) => pcid)).toEqual(expect.arrayContaining([cars.own.pcid, cars.other.pcid]));
    }
    for (const { nodes, totalCount } of await carsOf('OEM')) {
      expect(nodes.map(({ pcid }) => pcid).sort()).toEqual([cars.own.pcid, cars.bare.pcid].sort());
      expect(totalCount).toBe(2);
    }
    for (const where of [
      { wmi: [sides.other.wmi] },
      { pcid: [cars.other.pcid] },
      { wmi: [sides.none.wmi] },
    ]) {
      for (const shown of await carsOf('OEM', where)) expect(shown).toEqual({ nodes: [], totalCount: 0 });
    }
  });

  it.each(['MO_EXTERNAL_PKI', 'MO_V2G_PKI', 'CPO', 'CPS'] as const)(
    '%s counts no cars at all',
    async (role) => {
      const { data, errors } = await world.viaGateway(role, {
        query: `query ($root: SHA256Fingerprint!) {
        rootCertificate(fingerprint: $root) { provisioningCertificates(first: 1) { totalCount } } }`,
        variables: { root: world.pki.oemRoot.certificate.fingerprint },
      });
      expect(JSON.stringify(data)).not.toContain('totalCount');
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    },
  );

  it('lists and counts contracts within the caller’s own, whatever it asks for', async () => {
    const list = async (role: PartnerRole, where: object = {}) =>
      (
        await ask<{ contracts: Shown }>(
          role,
          `query ($where: ContractFilter) {
            contracts(first: 100, where: $where) { nodes { emaid pcid providerId } totalCount } }`,
          { where },
        )
      ).contracts;
    const all = await list('OPERATOR');
    expect(all.totalCount).toBe(all.nodes.length);
    const isOwnCar = ({ pcid = '' }: Record<string, string>) => pcid.startsWith(sides.own.wmi);
    const isOwnContract = ({ providerId }: Record<string, string>) => providerId === sides.own.providerId;
    for (const [role, isOwn, foreign] of [
      ['OEM', isOwnCar, { pcid: cars.other.pcid }],
      ['MO_EXTERNAL_PKI', isOwnContract, { providerId: sides.other.providerId }],
      ['MO_V2G_PKI', isOwnContract, { providerId: sides.other.providerId }],
    ] as const) {
      const own = all.nodes.filter(isOwn);
      expect(own.length).toBeLessThan(all.nodes.length);
      expect(await list(role)).toEqual({ nodes: own, totalCount: own.length });
      expect(await list(role, foreign)).toEqual({ nodes: [], totalCount: 0 });
    }
  });
});
