import { publishCarInput } from '../harness/parties.ts';
import type { Probe } from './probe.ts';
import type { Target, World } from '../harness/world.ts';

const pcidOf = async (world: World, target: Target): Promise<string> =>
  target === 'none' ? world.freePcid('none') : (await world.publishCar(target)).pcid;

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
];
