import type { DemoPki } from '@chargegraph/pki';
import type { Car, Doors } from '@chargegraph/cli';
import { signOutside } from './contract-data.ts';
import type { UserError } from './parties.ts';

const publishMutation = `mutation ($input: PublishContractInput!) {
  publishContract(input: $input) { contract { emaid } userErrors { message } }
}`;

/** Publishes data that was signed outside, as the MO: one event each. */
export async function publishData(mo: Doors, pcid: string, signedContractData: string): Promise<void> {
  const { publishContract } = await mo.graphql<{ publishContract: { userErrors: UserError[] } }>(
    publishMutation,
    {
      input: { signedContractData, pcid },
    },
  );
  if (publishContract.userErrors[0] !== undefined) throw new Error(publishContract.userErrors[0].message);
}

/** Two versions of the data of so many contracts: each published makes an event. */
export async function makeVersions(
  pki: DemoPki,
  car: Car,
  emaids: readonly string[],
  versions: number,
): Promise<{ emaid: string; data: string[] }[]> {
  return await Promise.all(
    emaids.map(async (emaid) => ({
      emaid,
      data: await Promise.all(
        Array.from({ length: versions }, () =>
          signOutside({ emaid, car: car.provisioningCertificate, mo: pki, cps: pki }),
        ),
      ),
    })),
  );
}
