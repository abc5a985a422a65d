import { issueProvisioningCertificate, type DemoPki, type IssuedCertificate } from '@chargegraph/pki';
import { signOutside } from '../harness/contract-data.ts';
import { newPcid, publishCarInput } from '../harness/parties.ts';
import { sides, type World } from '../harness/world.ts';
import * as rules from './model.ts';

type Side = 'own' | 'other';

/** One operation of one party. */
export type Command =
  | { readonly kind: 'publishCar'; readonly car: number; readonly by: Side; readonly newKey: boolean }
  | { readonly kind: 'reset' | 'takeOut'; readonly car: number; readonly by: Side }
  | { readonly kind: 'publishContract'; readonly car: number; readonly contract: number; readonly by: Side }
  | { readonly kind: 'deleteContract'; readonly contract: number; readonly by: Side }
  | { readonly kind: 'setDefault'; readonly car: number; readonly contract: number; readonly by: Side };

/** Cars and contracts of one run, with ids that no other run has. */
export interface Things {
  readonly cars: readonly { readonly pcid: string; readonly owner: Side }[];
  readonly contracts: readonly { readonly emaid: string; readonly owner: Side }[];
  /** The certificates that were published last, by PCID. */
  readonly certificates: Map<string, IssuedCertificate>;
}

/** Two cars of one maker and one of another; two contracts of each of two operators. */
export function newThings(world: World): Things {
  const car = (owner: Side) => ({ pcid: newPcid(sides[owner].wmi), owner });
  const contract = (owner: Side) => ({ emaid: world.freeEmaid(owner).slice(0, -1), owner });
  return {
    cars: [car('own'), car('own'), car('other')],
    contracts: [contract('own'), contract('own'), contract('other'), contract('other')],
    certificates: new Map(),
  };
}

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`There is no thing ${String(index)}.`);
  return found;
};

const carMaker = (side: Side) => (side === 'own' ? 'OEM' : 'other-oem');
const operator = (side: Side) => (side === 'own' ? 'MO_EXTERNAL_PKI' : 'other-mo');

/** What the rules say comes of a command; changes the model accordingly. */
export function inModel(model: rules.Model, things: Things, command: Command): rules.Result {
  const car = 'car' in command ? at(things.cars, command.car) : undefined;
  const contract = 'contract' in command ? at(things.contracts, command.contract) : undefined;
  const { pcid = '', owner } = car ?? {};
  const { emaid = '' } = contract ?? {};
  const isCarMaker = owner === command.by;
  const { providerId } = sides[command.by];
  switch (command.kind) {
    case 'publishCar':
      return rules.publishCar(model, pcid, isCarMaker, command.newKey);
    case 'reset':
      return rules.endContracts(model, pcid, isCarMaker, false);
    case 'takeOut':
      return rules.endContracts(model, pcid, isCarMaker, true);
    case 'publishContract':
      return rules.publishContract(model, emaid, pcid, providerId);
    case 'deleteContract':
      return rules.deleteContract(model, emaid, providerId);
    case 'setDefault':
      return rules.setDefault(model, emaid, pcid, isCarMaker);
  }
}

/** Carries a command out through the gateway; resolves with what came of it. */
export async function inEcosystem(world: World, things: Things, command: Command): Promise<string> {
  const mutate = async (client: string, name: string, inputType: string, input: object): Promise<string> => {
    const { data, errors } = await world.as(client, {
      query: `mutation ($input: ${inputType}!) { ${name}(input: $input) { userErrors { code } } }`,
      variables: { input },
    });
    const payload = data?.[name] as { userErrors: readonly { code: string }[] } | undefined;
    const fault = errors?.[0]?.extensions?.['code'];
    return payload?.userErrors[0]?.code ?? (typeof fault === 'string' ? fault : 'done');
  };
  const car = 'car' in command ? at(things.cars, command.car) : undefined;
  const contract = 'contract' in command ? at(things.contracts, command.contract) : undefined;
  const { pcid = '' } = car ?? {};
  const { emaid = '' } = contract ?? {};
  switch (command.kind) {
    case 'publishCar': {
      const certificate = await certificateFor(world.pki, things, pcid, command.newKey);
      const result = await mutate(
        carMaker(command.by),
        'publishProvisioningCertificate',
        'PublishProvisioningCertificateInput',
        publishCarInput(world.pki, certificate.certificate),
      );
      if (result === 'done') things.certificates.set(pcid, certificate);
      return result;
    }
    case 'reset':
      return await mutate(carMaker(command.by), 'factoryResetVehicle', 'FactoryResetVehicleInput', { pcid });
    case 'takeOut':
      return await mutate(
        carMaker(command.by),
        'deleteProvisioningCertificate',
        'DeleteProvisioningCertificateInput',
        { pcid },
      );
    case 'publishContract': {
      const { certificate } = await certificateFor(world.pki, things, pcid, false);
      const exi = await signOutside({ emaid, car: certificate, mo: world.pki, cps: world.pki });
      return await mutate(operator(command.by), 'publishContract', 'PublishContractInput', {
        signedContractData: exi,
        pcid,
      });
    }
    case 'deleteContract':
      return await mutate(operator(command.by), 'deleteContract', 'DeleteContractInput', { emaid });
    case 'setDefault':
      return await mutate(carMaker(command.by), 'setDefaultContract', 'SetDefaultContractInput', {
        emaid,
        pcid,
        namespace: 'ISO15118_2',
      });
  }
}

async function certificateFor(
  pki: DemoPki,
  things: Things,
  pcid: string,
  newKey: boolean,
): Promise<IssuedCertificate> {
  const known = things.certificates.get(pcid);
  return known !== undefined && !newKey ? known : await issueProvisioningCertificate(pki, { pcid });
}
