import { randomUUID } from 'node:crypto';
import type { Role } from '@chargegraph/identity';
import type { Operation, Target, World } from '../harness/world.ts';
import type { Probe } from './probe.ts';

let counter = 0;

/** Whose consumers are the role's own, and whose another's. */
function clientOf(target: Target, role: Role): string {
  if (target === 'own') return role;
  return role.startsWith('MO') ? 'other-mo' : 'other-oem';
}

const userErrors = 'userErrors { code message path }';

const lease = (clientId: string, consumer: string): Operation => ({
  query: `mutation ($input: LeaseEventConsumerInput!) {
    leaseEventConsumer(input: $input) { lease { fencing } ${userErrors} } }`,
  variables: {
    input: {
      clientId,
      organisation: clientId,
      wmis: [],
      consumer,
      holder: randomUUID(),
      fromBeginning: true,
    },
  },
});

/** Client and name of a consumer that begins with the oldest event; of one that is not there for `none`. */
async function consumerOf(world: World, target: Target, role: Role, purpose = '') {
  return await world.thing(`consumer ${purpose} ${target} ${role}`, async () => {
    const consumer = `consumer-${String(++counter)}`;
    const clientId = clientOf(target, role);
    if (target !== 'none') {
      const { errors } = await world.atPool('ccp', 'SERVICE', lease(clientId, consumer));
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
    }
    return { clientId, consumer };
  });
}

const mutation = (
  name: string,
  input: object,
  type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`,
) => ({
  query: `mutation ($input: ${type}!) { ${name}(input: $input) { ${userErrors} } }`,
  variables: { input },
});

/** A lease that nobody has. */
const noLease = { clientId: 'nobody', consumer: 'none', holder: randomUUID(), fencing: '1' };

/**
 * The fields of named consumers.
 *
 * @param cursorOf cursor of an event that the role hears, as it is its own, another's or not there
 */
export const consumerProbes = (
  cursorOf: (world: World, target: Target, role: Role) => Promise<string>,
): readonly Probe[] => [
  {
    field: 'Query.eventConsumers',
    pool: 'ccp',
    operation: async (world, target, role) => ({
      query: `query ($of: String) {
        eventConsumers(first: 10, where: { name: $of }) { nodes { clientId name cursor lag } totalCount } }`,
      variables: { of: (await consumerOf(world, target, role)).consumer },
    }),
  },
  {
    field: 'Mutation.acknowledgeEvents',
    keeps: true,
    pool: 'ccp',
    operation: async (world, target, role) => {
      const { consumer } = await consumerOf(world, target, role);
      const cursor = await world.thing('cursor of an event', () => cursorOf(world, 'own', 'OEM'));
      return mutation('acknowledgeEvents', { consumer, cursor });
    },
  },
  {
    field: 'Mutation.rejectEvent',
    keeps: true,
    pool: 'ccp',
    operation: async (world, target, role) => {
      // What is acknowledged cannot be refused any more.
      const { consumer } = await consumerOf(world, target, role, 'to reject');
      const cursor = await world.thing(`cursor ${target} OEM`, () => cursorOf(world, target, 'OEM'));
      return mutation('rejectEvent', { consumer, cursor, reason: 'No.' });
    },
  },
  {
    field: 'Mutation.deleteEventConsumer',
    pool: 'ccp',
    operation: async (world, target, role) => {
      const { consumer: name, clientId } = await consumerOf(world, target, role);
      return mutation('deleteEventConsumer', { name, ...(role === 'OPERATOR' && { clientId }) });
    },
  },
  ...(['redeliverEvents', 'sendTestEvent'] as const).map((name): Probe => ({
    field: `Mutation.${name}`,
    keeps: true,
    pool: 'ccp',
    operation: async (world, target, role) => mutation(name, await consumerOf(world, target, role)),
  })),
  {
    field: 'Mutation.leaseEventConsumer',
    pool: 'ccp',
    makes: true,
    operation: (_, target, role) =>
      Promise.resolve(lease(clientOf(target, role), `new-${String(++counter)}`)),
  },
  {
    field: 'Mutation.renewEventConsumers',
    pool: 'ccp',
    general: true,
    operation: () => Promise.resolve(mutation('renewEventConsumers', { leases: [noLease] })),
  },
  {
    field: 'Mutation.releaseEventConsumer',
    pool: 'ccp',
    general: true,
    operation: () => Promise.resolve(mutation('releaseEventConsumer', noLease, 'EventConsumerLeaseInput')),
  },
];
