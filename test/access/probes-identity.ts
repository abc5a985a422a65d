import { randomUUID } from 'node:crypto';
import { auditProbe, type Probe } from './probe.ts';
import type { Target, World } from '../harness/world.ts';

/** Id of a new client that does nothing; for `none` one that no client has. */
async function clientOf(world: World, target: Target): Promise<string> {
  const clientId = `access-${randomUUID()}`;
  if (target === 'none') return clientId;
  return await world.thing('client', async () => {
    await world.running().clients.add({ clientId, name: 'Idle', organisation: 'Idle', roles: ['CPO'] });
    return clientId;
  });
}

/** A mutation of one client. */
const changing = (name: string, change: object = {}): Probe => ({
  field: `Mutation.${name}`,
  pool: 'identity',
  operation: async (world, target) => ({
    query: `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) {
      ${name}(input: $input) { userErrors { code message } } }`,
    variables: { input: { clientId: await clientOf(world, target), ...change } },
  }),
});

/** The clients' fields. */
export const identityProbes: readonly Probe[] = [
  {
    field: 'Query.client',
    pool: 'identity',
    operation: async (world, target) => ({
      query: 'query ($of: String!) { client(clientId: $of) { id roles } }',
      variables: { of: await clientOf(world, target) },
    }),
  },
  {
    field: 'Query.clients',
    pool: 'identity',
    general: true,
    operation: () =>
      Promise.resolve({ query: '{ clients(first: 1) { nodes { id } totalCount } }', variables: {} }),
  },
  auditProbe('identityAudit', 'identity'),
  {
    field: 'Mutation.addClient',
    pool: 'identity',
    general: true,
    operation: () =>
      Promise.resolve({
        query:
          'mutation ($input: AddClientInput!) { addClient(input: $input) { userErrors { code message } } }',
        variables: { input: { name: 'New', organisation: 'New', roles: ['CPO'] } },
      }),
  },
  changing('updateClient', { name: 'Renamed' }),
  changing('rotateClientSecret'),
  changing('disableClient'),
  changing('enableClient'),
];
