import { encodeCursor, decodeCursor } from '@chargegraph/events';
import type { Role } from '@chargegraph/identity';
import { requestOf, updateRequestOf } from '../harness/car-requests.ts';
import { consumerProbes } from './probes-consumers.ts';
import { auditProbe, expiryProbe, type Probe } from './probe.ts';
import { eventually } from '../harness/wait.ts';
import type { Operation, PublishedContract, Target, World } from '../harness/world.ts';

/**
 * A contract that is the role's or another's. A car maker's is one for its car, whoever's the contract; an operator's
 * one under its provider id, whoever's the car.
 */
async function contractOf(world: World, target: Target, role: Role): Promise<PublishedContract> {
  const { car, mo } = sidesOf(target, role);
  if (target === 'none') return await world.signContract('none', await world.makeCar('none'));
  return await world.publishContract(mo, await world.publishCar(car));
}

function sidesOf(target: Target, role: Role): { car: 'own' | 'other'; mo: 'own' | 'other' } {
  const mine = target === 'own' ? 'own' : 'other';
  if (role === 'OEM') return { car: mine, mo: mine === 'own' ? 'other' : 'own' };
  return { car: mine === 'own' ? 'other' : 'own', mo: mine };
}

interface Stretch {
  readonly contractEventLog: {
    readonly events: readonly { cursor: string; type: string; emaid: string }[];
    readonly head: string;
  };
}

/**
 * Cursor of an event about such a contract, of those that its side hears: a car maker's `OEM_`, an operator's `MO_`; for
 * `none` one that lies beyond the log's end.
 */
async function cursorOf(world: World, target: Target, role: Role): Promise<string> {
  const operator = await world.doors('demo-operator');
  const kind = role === 'OEM' ? 'OEM_' : 'MO_';
  const emaid = target === 'none' ? undefined : await deliveredContract(world, target, role);
  let after: string | null = null;
  return await eventually('the event is in the log', async () => {
    const { events, head }: Stretch['contractEventLog'] = (
      await operator.graphql<Stretch>(
        'query ($after: Cursor) { contractEventLog(after: $after, first: 1000) { events { cursor type emaid } head } }',
        { after },
      )
    ).contractEventLog;
    if (emaid === undefined) {
      const end = decodeCursor(head);
      return encodeCursor({ ...end, position: end.position + 1_000_000 });
    }
    after = events.at(-1)?.cursor ?? after;
    return events.find((each) => each.emaid === emaid && each.type.startsWith(kind))?.cursor;
  });
}

/** EMAID of such a contract, once its car's maker has been handed it. */
async function deliveredContract(world: World, target: 'own' | 'other', role: Role): Promise<string> {
  const { emaid, pcid } = await contractOf(world, target, role);
  const maker = sidesOf(target, role).car === 'own' ? 'OEM' : 'other-oem';
  const { data, errors } = await world.as(maker, provide({ emaid, pcid }));
  if (errors !== undefined) throw new Error(JSON.stringify({ data, errors }));
  return emaid;
}

const provide = (input: { readonly emaid: string; readonly pcid: string }): Operation => ({
  query: `mutation ($input: ProvideContractInput!) {
    provideContract(input: $input) { certificateInstallationRes userErrors { code message path } } }`,
  variables: { input },
});

const installation = (certificateInstallationReq: string): Operation => ({
  query: `mutation ($input: RequestCertificateInstallationInput!) {
    requestCertificateInstallation(input: $input) {
      outcome certificateInstallationRes contracts { emaid } emaid reason userErrors { code message path } } }`,
  variables: { input: { certificateInstallationReq } },
});

/** Requests are compared octet by octet with what is answered. */
const sessionId = Uint8Array.of(7);

/** The contract pool's fields. */
export const contractProbes: readonly Probe[] = [
  {
    field: 'Query.contract',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query: 'query ($of: EMAID!) { contract(emaid: $of) { id pcid signedData { namespace } } }',
      variables: { of: (await contractOf(world, target, role)).emaid },
    }),
  },
  {
    field: 'Query.contracts',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query: `query ($of: [EMAID!]) {
        contracts(first: 10, where: { emaid: $of }) { nodes { id pcid signedData { namespace } } totalCount } }`,
      variables: { of: [(await contractOf(world, target, role)).emaid] },
    }),
  },
  expiryProbe('contractPoolExpiry', 'ccp'),
  auditProbe('contractPoolAudit', 'ccp'),
  {
    field: 'Query.contractRevocationRequests',
    pool: 'ccp',
    general: true,
    operation: () =>
      Promise.resolve({
        query:
          '{ contractRevocationRequests(since: "2026-01-01T00:00:00Z", first: 1) { totalCount readAt } }',
        variables: {},
      }),
  },
  {
    field: 'Query.contractEventLog',
    pool: 'ccp',
    general: true,
    operation: () =>
      Promise.resolve({ query: '{ contractEventLog(first: 1) { head events { id } } }', variables: {} }),
  },
  {
    field: 'Query.contractEvent',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query: 'query ($of: Cursor!) { contractEvent(cursor: $of) { id emaid pcid } }',
      variables: { of: await world.thing(`cursor ${target} ${role}`, () => cursorOf(world, target, role)) },
    }),
  },
  {
    field: 'Mutation.publishContract',
    pool: 'ccp',
    makes: true,
    operation: async (world, target) => {
      const car = await world.publishCar('other');
      const { exi } = await world.signContract(target, car);
      return {
        query:
          'mutation ($input: PublishContractInput!) { publishContract(input: $input) { userErrors { code message } } }',
        variables: { input: { signedContractData: exi, pcid: car.pcid } },
      };
    },
  },
  {
    field: 'Mutation.updateContract',
    keeps: true,
    pool: 'ccp',
    foreign: 'refused',
    operation: async (world, target, role) =>
      update(
        target === 'none'
          ? await world.signContract('own', await world.makeCar('own'))
          : await contractOf(world, target, role),
      ),
    missing: async (world) => update(await world.signContract('other', await world.makeCar('other'))),
  },
  {
    field: 'Mutation.deleteContract',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query:
        'mutation ($input: DeleteContractInput!) { deleteContract(input: $input) { userErrors { code message path } } }',
      variables: { input: { emaid: (await contractOf(world, target, role)).emaid } },
    }),
  },
  {
    field: 'Mutation.setDefaultContract',
    keeps: true,
    pool: 'ccp',
    operation: async (world, target, role) => {
      const { emaid, pcid } = await contractOf(world, target, role);
      return {
        query: `mutation ($input: SetDefaultContractInput!) {
          setDefaultContract(input: $input) { contract { id } userErrors { code message path } } }`,
        variables: { input: { emaid, pcid } },
      };
    },
  },
  {
    field: 'Mutation.provideContract',
    keeps: true,
    pool: 'ccp',
    operation: async (world, target, role) => {
      const { emaid, pcid } = await contractOf(world, target, role);
      return provide({ emaid, pcid });
    },
  },
  {
    field: 'Mutation.requestCertificateInstallation',
    keeps: true,
    how: 'CertificateInstallationReq',
    pool: 'ccp',
    operation: async (world, target) => {
      const car = target === 'none' ? await world.makeCar('none') : await world.publishCar(target);
      if (target !== 'none') await world.publishContract('other', car);
      return installation(await requestOf(world.pki, car.certificate, car.privateKey, sessionId));
    },
  },
  {
    field: 'Mutation.requestCertificateInstallation',
    keeps: true,
    how: 'CertificateUpdateReq',
    pool: 'ccp',
    operation: async (world, target) => {
      const { emaid } = await contractOf(world, target, 'OEM');
      return installation(await updateRequestOf(world.pki, emaid, sessionId));
    },
  },
  ...consumerProbes(cursorOf),
];

const update = ({ emaid, exi }: PublishedContract): Operation => ({
  query:
    'mutation ($input: UpdateContractInput!) { updateContract(input: $input) { userErrors { code message path } } }',
  variables: { input: { emaid, signedContractData: exi } },
});
