import { encodeCursor, decodeCursor } from '@chargegraph/events';
import type { PartnerRole } from '@chargegraph/identity';
import { requestOf } from '../harness/car-requests.ts';
import type { Probe } from './probe.ts';
import type { PublishedContract, Target, World } from '../harness/world.ts';

/**
 * A contract that is the role's or another's. A car maker's is one for its car, whoever's the contract; an operator's
 * one under its provider id, whoever's the car.
 */
async function contractOf(world: World, target: Target, role: PartnerRole): Promise<PublishedContract> {
  const { car, mo } = sidesOf(target, role);
  if (target === 'none') return await world.signContract('none', await world.makeCar('none'));
  return await world.publishContract(mo, await world.publishCar(car));
}

function sidesOf(target: Target, role: PartnerRole): { car: 'own' | 'other'; mo: 'own' | 'other' } {
  const mine = target === 'own' ? 'own' : 'other';
  if (role === 'OEM') return { car: mine, mo: mine === 'own' ? 'other' : 'own' };
  return { car: mine === 'own' ? 'other' : 'own', mo: mine };
}

interface Stretch {
  readonly contractEventLog: {
    readonly events: readonly { cursor: string; emaid: string }[];
    readonly head: string;
  };
}

/** Cursor of an event about such a contract; for `none` one that lies beyond the log's end. */
async function cursorOf(world: World, target: Target, role: PartnerRole): Promise<string> {
  const operator = await world.doors('demo-operator');
  const emaid = target === 'none' ? undefined : (await contractOf(world, target, role)).emaid;
  let after: string | null = null;
  for (let tries = 0; tries < 500; tries++) {
    const { events, head }: Stretch['contractEventLog'] = (
      await operator.graphql<Stretch>(
        'query ($after: Cursor) { contractEventLog(after: $after, first: 1000) { events { cursor emaid } head } }',
        { after },
      )
    ).contractEventLog;
    if (emaid === undefined) {
      const end = decodeCursor(head);
      return encodeCursor({ ...end, position: end.position + 1_000_000 });
    }
    const event = events.find((each) => each.emaid === emaid);
    if (event !== undefined) return event.cursor;
    after = events.at(-1)?.cursor ?? after;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The event of ${String(emaid)} did not come.`);
}

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
      variables: { of: await cursorOf(world, target, role) },
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
    pool: 'ccp',
    foreign: 'refused',
    operation: async (world, target, role) => {
      const contract =
        target === 'none'
          ? await world.signContract('own', await world.makeCar('own'))
          : await contractOf(world, target, role);
      return {
        query:
          'mutation ($input: UpdateContractInput!) { updateContract(input: $input) { userErrors { code message } } }',
        variables: { input: { emaid: contract.emaid, signedContractData: contract.exi } },
      };
    },
  },
  {
    field: 'Mutation.deleteContract',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query:
        'mutation ($input: DeleteContractInput!) { deleteContract(input: $input) { userErrors { code message } } }',
      variables: { input: { emaid: (await contractOf(world, target, role)).emaid } },
    }),
  },
  {
    field: 'Mutation.requestCertificateInstallation',
    pool: 'ccp',
    operation: async (world, target) => {
      const car = target === 'none' ? await world.makeCar('none') : await world.publishCar(target);
      if (target !== 'none') await world.publishContract('other', car);
      return {
        query: `mutation ($input: RequestCertificateInstallationInput!) {
          requestCertificateInstallation(input: $input) { outcome userErrors { code message } } }`,
        variables: {
          input: { certificateInstallationReq: await requestOf(world.pki, car.certificate, car.privateKey) },
        },
      };
    },
  },
];
