import { Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { globalId, pools, subgraphSdl } from '@chargegraph/graph';
import { rightsColumns, type Role } from '@chargegraph/identity';
import { startWorld, withSharedThings, type World } from '../harness/world.ts';
import { addedSigner } from './probes-cps.ts';

/** A field below the root that carries `@access` in a pool's schema. */
interface Guarded {
  readonly pool: string;
  /** `Type.field`. */
  readonly field: string;
  readonly roles: readonly string[];
}

const roots = new Set(['Query', 'Mutation', 'Subscription']);

/** All of them, read off the pools' own schemas. */
const guarded: readonly Guarded[] = pools.flatMap((pool) =>
  parse(subgraphSdl(pool)).definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION || roots.has(type.name.value)) return [];
    return (type.fields ?? []).flatMap((field) => {
      const access = field.directives?.find(({ name }) => name.value === 'access');
      const roles = access?.arguments?.find(({ name }) => name.value === 'roles')?.value;
      if (roles?.kind !== Kind.LIST) return [];
      const names = roles.values.flatMap((role) => (role.kind === Kind.STRING ? [role.value] : []));
      return [{ pool, field: `${type.name.value}.${field.name.value}`, roles: names }];
    });
  }),
);

/** An entity by its global id, as the gateway asks a pool for it. */
const entity = (type: string, selection: string) =>
  `query ($id: ID!) { _entities(representations: [{ __typename: "${type}", id: $id }]) { ... on ${type} { ${selection} } } }`;

/** How a thing with the field is reached in its pool: one that is everybody's own as far as it can be. */
interface Way {
  id(world: World): Promise<string>;
  readonly query: string;
}

const carId = async (world: World) =>
  globalId('ProvisioningCertificate', 'ISO15118_2', (await world.publishCar('own')).pcid);
const rootId = (world: World) =>
  Promise.resolve(globalId('RootCertificate', world.pki.oemRoot.certificate.fingerprint));
const signerId = (world: World) => world.thing('signer', () => addedSigner(world));

const ways: Readonly<Record<string, Way>> = {
  'pcp ProvisioningCertificate.contractEpoch': {
    id: carId,
    query: entity('ProvisioningCertificate', 'contractEpoch'),
  },
  'pcp RootCertificate.provisioningCertificates': {
    id: rootId,
    query: entity('RootCertificate', 'provisioningCertificates(first: 1) { totalCount }'),
  },
  'ccp ProvisioningCertificate.contracts': {
    id: carId,
    query: entity('ProvisioningCertificate', 'contracts(first: 1) { totalCount }'),
  },
  'ccp SignedContractData.exi': {
    id: async (world) => {
      const { emaid } = await world.publishContract('own', await world.publishCar('own'));
      return globalId('Contract', emaid.slice(0, 14));
    },
    query: entity('Contract', 'signedData { exi }'),
  },
  'cps CpsSigner.retirementReason': { id: signerId, query: entity('CpsSigner', 'retirementReason') },
  'cps CpsSigner.resigning': { id: signerId, query: entity('CpsSigner', 'resigning { open refused }') },
  'cps RootCertificate.cpsSigners': {
    id: rootId,
    query: entity('RootCertificate', 'cpsSigners(first: 1) { totalCount }'),
  },
};

/** Things that are not shown at all to some: there the field is out of reach. */
const hidden: Readonly<Record<string, readonly Role[]>> = {
  'pcp ProvisioningCertificate.contractEpoch': ['CPO'],
  'ccp SignedContractData.exi': ['CPO', 'CPS'],
};

describe('fields below the root with @access', () => {
  let world: World;
  beforeAll(async () => {
    world = withSharedThings(await startWorld());
  }, 60_000);
  afterAll(() => world.stop());

  it('are all tried', () => {
    expect(Object.keys(ways).sort()).toEqual(guarded.map(({ pool, field }) => `${pool} ${field}`).sort());
  });

  for (const { pool, field, roles } of guarded) {
    const name = `${pool} ${field}`;
    for (const role of rightsColumns) {
      const isNamed = roles.includes(role);
      it(`${name} is ${isNamed ? 'given' : 'refused'} to ${role}`, async () => {
        const way = ways[name];
        if (way === undefined) throw new Error(`${name} is not tried.`);
        const variables = { id: await way.id(world) };
        const { data, errors } = await world.atPool(pool, role, { query: way.query, variables });
        if (isNamed) {
          expect(errors).toBeUndefined();
          expect(data).toMatchObject({ _entities: [expect.objectContaining({})] });
        } else if (hidden[name]?.includes(role) === true) {
          expect({ data, errors }).toEqual({ data: { _entities: [null] }, errors: undefined });
        } else {
          expect(errors).toMatchObject([
            { message: `None of your roles may use ${field}.`, extensions: { code: 'FORBIDDEN' } },
          ]);
        }
      });
    }
  }
});
