import { decodeCursor, encodeCursor } from '@chargegraph/events';
import { publishCarInput } from '../harness/parties.ts';
import { auditProbe, expiryProbe, type Probe } from './probe.ts';
import { eventually } from '../harness/wait.ts';
import type { Operation, Target, World } from '../harness/world.ts';

const pcidOf = async (world: World, target: Target): Promise<string> =>
  target === 'none' ? world.freePcid('none') : (await world.publishCar(target)).pcid;

const carOf = (world: World, target: Target) =>
  target === 'none' ? world.makeCar('none') : world.publishCar(target);

interface Stretch {
  readonly provisioningCertificateEventLog: {
    readonly events: readonly { readonly cursor: string; readonly pcid: string }[];
    readonly head: string;
  };
}

/** The place of such a car's publication in the log; of none, a place behind the log's end. */
async function cursorOf(world: World, target: Target): Promise<string> {
  const operator = await world.doors('demo-operator');
  const pcid = target === 'none' ? undefined : await pcidOf(world, target);
  let after: string | null = null;
  return await eventually('the event is in the log', async () => {
    const { events, head }: Stretch['provisioningCertificateEventLog'] = (
      await operator.graphql<Stretch>(
        `query ($after: Cursor) {
          provisioningCertificateEventLog(after: $after, first: 1000) { events { cursor pcid } head } }`,
        { after },
      )
    ).provisioningCertificateEventLog;
    if (pcid === undefined) {
      const end = decodeCursor(head);
      return encodeCursor({ ...end, position: end.position + 1_000_000 });
    }
    after = events.at(-1)?.cursor ?? after;
    return events.find((event) => event.pcid === pcid)?.cursor;
  });
}

/** A mutation of one input that names a car by its PCID. */
const byPcid = (name: string, type: string, pcid: string): Operation => ({
  query: `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code message path } } }`,
  variables: { input: { pcid } },
});

/** The provisioning pool's fields. */
export const provisioningProbes: readonly Probe[] = [
  {
    field: 'Query.provisioningCertificate',
    pool: 'pcp',
    operation: async (world, target) => ({
      query: 'query ($of: PCID!) { provisioningCertificate(pcid: $of) { id wmi certificate { pem } } }',
      variables: { of: await pcidOf(world, target) },
    }),
  },
  {
    field: 'Query.vehicleExists',
    pool: 'pcp',
    operation: async (world, target) => ({
      query: 'query ($of: PCID!) { vehicleExists(pcid: $of) }',
      variables: { of: await pcidOf(world, target) },
    }),
  },
  {
    field: 'Mutation.publishProvisioningCertificate',
    pool: 'pcp',
    makes: true,
    operation: async (world, target) => {
      const { certificate } = await world.makeCar(target);
      return {
        query: `mutation ($input: PublishProvisioningCertificateInput!) {
          publishProvisioningCertificate(input: $input) { userErrors { code message } } }`,
        variables: { input: publishCarInput(world.pki, certificate) },
      };
    },
  },
  {
    field: 'Query.provisioningCertificates',
    pool: 'pcp',
    operation: async (world, target) => ({
      query: `query ($of: [PCID!]) {
        provisioningCertificates(first: 10, where: { pcid: $of }) { nodes { id pcid } totalCount } }`,
      variables: { of: [await pcidOf(world, target)] },
    }),
  },
  {
    field: 'Query.provisioningCertificateEvent',
    pool: 'pcp',
    operation: async (world, target) => ({
      query: 'query ($of: Cursor!) { provisioningCertificateEvent(cursor: $of) { id pcid } }',
      variables: { of: await cursorOf(world, target) },
    }),
  },
  {
    field: 'Query.provisioningCertificateEventLog',
    pool: 'pcp',
    general: true,
    operation: () =>
      Promise.resolve({
        query: '{ provisioningCertificateEventLog(first: 1) { head events { id } } }',
        variables: {},
      }),
  },
  expiryProbe('provisioningPoolExpiry', 'pcp'),
  auditProbe('provisioningPoolAudit', 'pcp'),
  {
    field: 'Mutation.updateProvisioningCertificate',
    keeps: true,
    pool: 'pcp',
    operation: async (world, target) => ({
      query: `mutation ($input: UpdateProvisioningCertificateInput!) {
        updateProvisioningCertificate(input: $input) { userErrors { code message path } } }`,
      variables: { input: publishCarInput(world.pki, (await carOf(world, target)).certificate) },
    }),
  },
  {
    field: 'Mutation.deleteProvisioningCertificate',
    pool: 'pcp',
    operation: async (world, target) =>
      byPcid(
        'deleteProvisioningCertificate',
        'DeleteProvisioningCertificateInput',
        await pcidOf(world, target),
      ),
  },
  {
    field: 'Mutation.factoryResetVehicle',
    pool: 'pcp',
    operation: async (world, target) =>
      byPcid('factoryResetVehicle', 'FactoryResetVehicleInput', await pcidOf(world, target)),
  },
];
