import { publishCarInput } from '../harness/parties.ts';
import { auditProbe, type Probe } from './probe.ts';
import type { Operation, Target, World } from '../harness/world.ts';

const pcidOf = async (world: World, target: Target): Promise<string> =>
  target === 'none' ? world.freePcid('none') : (await world.publishCar(target)).pcid;

const carOf = (world: World, target: Target) =>
  target === 'none' ? world.makeCar('none') : world.publishCar(target);

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
    field: 'Query.provisioningCertificateEventLog',
    pool: 'pcp',
    general: true,
    operation: () =>
      Promise.resolve({
        query: '{ provisioningCertificateEventLog(first: 1) { head events { id } } }',
        variables: {},
      }),
  },
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
