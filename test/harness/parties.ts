import { randomBytes, randomInt } from 'node:crypto';
import {
  buildCar,
  demoWmi,
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  type Car,
  type Doors,
  type FoundVehicle,
} from '@chargegraph/cli';
import { toPem, type DemoPki } from '@chargegraph/pki';

/** A refusal in a payload. */
export interface UserError {
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly code: string;
}

const publishCarMutation = `mutation ($input: PublishProvisioningCertificateInput!) {
  publishProvisioningCertificate(input: $input) {
    provisioningCertificate { pcid }
    userErrors { message path code }
  }
}`;

const signMutation = `mutation ($input: SignContractDataInput!) {
  signContractData(input: $input) {
    signedContractData
    contract { emaid pcid }
    userErrors { message path code }
  }
}`;

const updateMutation = `mutation ($input: UpdateContractInput!) {
  updateContract(input: $input) { contract { emaid } userErrors { message path code } }
}`;

const deleteMutation = `mutation ($input: DeleteContractInput!) {
  deleteContract(input: $input) { deletedEmaid userErrors { message path code } }
}`;

function throwFirst(refusals: readonly UserError[]): void {
  if (refusals[0] !== undefined) throw new Error(`Refused: ${refusals[0].message}`);
}

/** A PCID of the demo's car maker (or of another) that no car has yet. */
export const newPcid = (wmi = demoWmi): string => `${wmi}${randomBytes(7).toString('hex').toUpperCase()}`;

/** `PublishProvisioningCertificateInput` of a car under the PKI's car maker. */
export const publishCarInput = (pki: DemoPki, car: Car['provisioningCertificate']) => ({
  vehicleCertificate: toPem(car),
  subCa1Certificate: toPem(pki.oem.subCa1.certificate),
  subCa2Certificate: toPem(pki.oem.subCa2.certificate),
});

/** A new car, published by its maker. */
export async function publishNewCar(oem: Doors, pki: DemoPki, pcid = newPcid()): Promise<Car> {
  const car = await buildCar(pki, pcid);
  const { publishProvisioningCertificate: payload } = await oem.graphql<{
    publishProvisioningCertificate: { userErrors: UserError[] };
  }>(publishCarMutation, { input: publishCarInput(pki, car.provisioningCertificate) });
  throwFirst(payload.userErrors);
  return car;
}

/** A contract as its MO holds it. */
export interface SignedContract {
  readonly emaid: string;
  /** Base64 EXI. */
  readonly signedContractData: string;
}

/** A new contract for a car, signed and stored. */
export async function signNewContract(
  mo: Doors,
  pki: DemoPki,
  car: Pick<Car, 'pcid'>,
  emaid = makeEmaid(),
): Promise<SignedContract> {
  const vehicle = await lookUpVehicle(mo, car.pcid);
  const data = await makeContractData(pki, emaid, vehicle);
  return await sign(mo, emaid, { ...data, pcid: car.pcid });
}

/** Newly signed data for a contract, stored nowhere yet. */
export async function signRenewal(
  mo: Doors,
  pki: DemoPki,
  emaid: string,
  vehicle: FoundVehicle,
): Promise<SignedContract> {
  return await sign(mo, emaid, await makeContractData(pki, emaid, vehicle));
}

async function sign(mo: Doors, emaid: string, input: object): Promise<SignedContract> {
  const { signContractData: payload } = await mo.graphql<{
    signContractData: { signedContractData: string | null; userErrors: UserError[] };
  }>(signMutation, { input });
  throwFirst(payload.userErrors);
  if (payload.signedContractData === null) throw new Error('Nothing was signed.');
  return { emaid, signedContractData: payload.signedContractData };
}

/** Renews a contract with newly signed data. */
export async function updateContract(mo: Doors, contract: SignedContract): Promise<void> {
  const { updateContract: payload } = await mo.graphql<{ updateContract: { userErrors: UserError[] } }>(
    updateMutation,
    { input: contract },
  );
  throwFirst(payload.userErrors);
}

/** Deletes a contract. */
export async function deleteContract(mo: Doors, emaid: string): Promise<void> {
  const { deleteContract: payload } = await mo.graphql<{ deleteContract: { userErrors: UserError[] } }>(
    deleteMutation,
    { input: { emaid } },
  );
  throwFirst(payload.userErrors);
}

/** A random whole number of milliseconds below `limit`. */
export const randomDelay = (limit: number): number => randomInt(limit);
