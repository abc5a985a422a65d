import { toPem, type DemoPki } from '@chargegraph/pki';
import { accepted, check } from './check.ts';
import { demoWmi, type DemoClient } from './clients.ts';
import { openDoors, type Credentials, type Doors } from './doors.ts';
import { demoKeys, type DemoPkis } from './keys.ts';
import { signerInput } from './operator-door.ts';
import { buildCar, type Car } from './parties/car.ts';
import { listenToContracts, type EventListener } from './parties/event-listener.ts';
import {
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  type FoundVehicle,
} from './parties/mobility-operator.ts';
import * as operations from './operations.ts';
import { bothGenerations } from './story-iso20.ts';

/** What the story is played with: an ecosystem that is up, and the demo's parties in it. */
export interface StoryOptions {
  /** The ecosystem's door. */
  readonly url: string;
  readonly credentials: Readonly<Record<DemoClient, Credentials>>;
  /** Their signers' and MO CAs' keys lie in the provisioning service's key store, under {@link demoKeys}. */
  readonly pkis: DemoPkis;
  /** Told each step as it has happened and was checked. */
  readonly report: (step: StoryStep) => void;
}

/** A step that has happened. */
export interface StoryStep {
  readonly number: number;
  readonly who: string;
  readonly door: string;
  readonly what: string;
}

/** What each chapter is played on. */
export interface Stage extends StoryOptions {
  /** The one of ISO 15118-2. */
  readonly pki: DemoPki;
  readonly doors: Readonly<Record<'oem' | 'mo' | 'cpo' | 'operator', Doors>>;
}

/** Plays the whole Plug & Charge story, each party through its own door; throws at the first result that is wrong. */
export async function playStory(options: StoryOptions): Promise<void> {
  const open = (client: DemoClient) => openDoors(options.url, options.credentials[client]);
  const [oem, mo, cpo, operator] = await Promise.all([
    open('demo-oem'),
    open('demo-mo'),
    open('demo-cpo'),
    open('demo-operator'),
  ]);
  const stage: Stage = { ...options, pki: options.pkis.iso2, doors: { oem, mo, cpo, operator } };

  await operatorAddsRootsAndSigner(stage);
  const car = await oemPublishesCar(stage);
  const listener = await listenToContracts(oem.websocket());
  try {
    options.report({
      number: 3,
      who: 'OEM',
      door: 'websocket',
      what: 'subscribes to contract events of its cars',
    });
    const vehicle = await moLooksUpCar(stage, car);
    const emaid = await moHasContractSigned(stage, car, vehicle);
    await oemHearsOfCreation(stage, listener, car, emaid);
    await carInstallsContract(stage, car, emaid);
    await moRenewsAndDeletes(stage, { car, vehicle, emaid, listener });
    await bothGenerations(stage, car, listener);
  } finally {
    await listener.close();
  }
}

async function operatorAddsRootsAndSigner({ doors, pki, report }: Stage): Promise<void> {
  const roots = [
    { certificate: toPem(pki.v2gRoot.certificate), type: 'V2G' },
    { certificate: toPem(pki.oemRoot.certificate), type: 'OEM' },
    { certificate: toPem(pki.moRoot.certificate), type: 'MO' },
  ];
  for (const input of roots) {
    const { addRootCertificate } = await doors.operator.graphql<operations.AddRoot>(operations.addRoot, {
      input,
    });
    check(
      accepted(addRootCertificate).rootCertificate?.type === input.type,
      `RCP holds the ${input.type} root`,
    );
  }
  report({ number: 2, who: 'operator', door: 'GraphQL', what: 'adds the V2G, OEM and MO roots to RCP' });
  const { addCpsSigner } = await doors.operator.graphql<operations.AddSigner>(operations.addSigner, {
    input: signerInput(pki, demoKeys.iso2.signer),
  });
  check(accepted(addCpsSigner).cpsSigner?.isDefault === true, 'the signer is the default one');
  report({ number: 2, who: 'operator', door: 'GraphQL', what: 'gives the CPS its signer' });
}

async function oemPublishesCar({ doors, pki, report }: Stage): Promise<Car> {
  const digits = String(Date.now()).padStart(15, '0').slice(-15);
  const car = await buildCar(pki, `${demoWmi}${digits}`);
  const { publishProvisioningCertificate } = await doors.oem.graphql<operations.PublishCar>(
    operations.publishCar,
    {
      input: {
        vehicleCertificate: toPem(car.provisioningCertificate),
        subCa1Certificate: toPem(pki.oem.subCa1.certificate),
        subCa2Certificate: toPem(pki.oem.subCa2.certificate),
      },
    },
  );
  const published = accepted(publishProvisioningCertificate).provisioningCertificate;
  check(published?.pcid === car.pcid, 'PCP holds the car under its PCID');
  check(published.rootCertificate?.type === 'OEM', 'the car’s chain leads to the OEM root');
  report({
    number: 3,
    who: 'OEM',
    door: 'GraphQL',
    what: `publishes the provisioning certificate of ${car.pcid}`,
  });
  return car;
}

async function moLooksUpCar({ doors, report }: Stage, car: Car): Promise<FoundVehicle> {
  const vehicle = await lookUpVehicle(doors.mo, car.pcid);
  report({
    number: 4,
    who: 'MO',
    door: 'GraphQL',
    what: `looks ${car.pcid} up and verifies its chain to ${vehicle.root}`,
  });
  return vehicle;
}

async function moHasContractSigned(
  { doors, pki, report }: Stage,
  car: Car,
  vehicle: FoundVehicle,
): Promise<string> {
  const emaid = makeEmaid();
  const data = await makeContractData(pki, emaid, vehicle);
  const { signContractData } = await doors.mo.graphql<operations.Sign>(operations.sign, {
    input: { ...data, pcid: car.pcid },
  });
  const signed = accepted(signContractData);
  check(signed.emaid === emaid, 'the EMAID is signed as it was made');
  check(signed.contract?.pcid === car.pcid, 'CCP holds the contract for the car');
  check(signed.contract.isDefault, 'it is the car’s default contract');
  report({
    number: 4,
    who: 'MO',
    door: 'GraphQL',
    what: `makes contract ${emaid}, wraps its key, has the CPS sign and store it`,
  });
  return emaid;
}

async function oemHearsOfCreation(
  { report }: Stage,
  listener: EventListener,
  car: Car,
  emaid: string,
): Promise<void> {
  const event = await listener.next();
  check(event.type === 'OEM_CONTRACT_CREATED', `the event is a creation, not ${event.type}`);
  check(event.emaid === emaid && event.pcid === car.pcid, 'it is this contract and this car');
  const certificate = event.contract?.provisioningCertificate;
  check(certificate?.pcid === car.pcid, 'the event’s contract leads to the car’s provisioning certificate');
  const root = certificate.rootCertificate;
  check(root?.type === 'OEM', 'and from there to its root');
  report({
    number: 5,
    who: 'OEM',
    door: 'websocket',
    what: `hears ${event.type}: ${emaid} → ${certificate.pcid} → ${root.certificate.subject}`,
  });
}

async function carInstallsContract({ doors, report }: Stage, car: Car, emaid: string): Promise<void> {
  const request = await car.requestCertificate();
  const answer = await operations.requestInstallation(doors.cpo, request);
  check(answer.status === 200, `the REST door answers 200, not ${answer.status}`);
  check(answer.emaid === emaid, 'the answer names the contract');
  report({
    number: 6,
    who: 'CPO',
    door: 'REST',
    what: `forwards the car’s request (${request.length} octets EXI), gets the response (${answer.exi.length} octets)`,
  });
  const installed = car.install(answer.exi);
  check(installed.emaid === emaid, 'the car installs this contract');
  report({
    number: 7,
    who: 'car',
    door: '–',
    what: `${installed.digests} digests, CPS signature, chain to ${installed.v2gRoot}, contract certificate: all right; the unwrapped key fits`,
  });
}

async function moRenewsAndDeletes(
  { doors, pki, report }: Stage,
  {
    car,
    vehicle,
    emaid,
    listener,
  }: { car: Car; vehicle: FoundVehicle; emaid: string; listener: EventListener },
): Promise<void> {
  const data = await makeContractData(pki, emaid, vehicle);
  const { signContractData } = await doors.mo.graphql<operations.Sign>(operations.sign, { input: data });
  const { signedContractData } = accepted(signContractData);
  check(signedContractData !== null, 'the CPS returns the newly signed data');
  const { updateContract } = await doors.mo.graphql<operations.Update>(operations.update, {
    input: { emaid, signedContractData },
  });
  check(accepted(updateContract).contract?.emaid === emaid, 'CCP holds the renewed contract');
  const updated = await listener.next();
  check(updated.type === 'OEM_CONTRACT_UPDATED' && updated.emaid === emaid, 'the OEM hears of the renewal');
  report({ number: 8, who: 'MO', door: 'GraphQL', what: `renews ${emaid}; the OEM hears ${updated.type}` });

  const { deleteContract } = await doors.mo.graphql<operations.Delete>(operations.remove, {
    input: { emaid },
  });
  check(accepted(deleteContract).deletedEmaid === emaid, 'CCP has deleted the contract');
  const deleted = await listener.next();
  check(deleted.type === 'OEM_CONTRACT_DELETED' && deleted.emaid === emaid, 'the OEM hears of the deletion');
  check(deleted.contract === null, 'the deleted contract is gone from the graph');
  report({ number: 8, who: 'MO', door: 'GraphQL', what: `deletes ${emaid}; the OEM hears ${deleted.type}` });

  const answer = await operations.requestInstallation(doors.cpo, await car.requestCertificate());
  const code = car.responseCodeOf(answer.exi);
  check(answer.status === 404, `the REST door answers 404, not ${answer.status}`);
  check(code === 'FAILED_NoCertificateAvailable', `the car is told so, not ${code}`);
  report({ number: 8, who: 'car', door: 'REST', what: `asks again through the CPO: HTTP 404 with ${code}` });
}
