import { emaidCheckDigit, wrapIso20ContractKey } from '@chargegraph/iso15118';
import { issueContractCertificate, toPem } from '@chargegraph/pki';
import { accepted, check } from './check.ts';
import { demoKeys } from './keys.ts';
import { contractCaInput, signerInput } from './operator-door.ts';
import * as operations from './operations.ts';
import type { Car } from './parties/car.ts';
import type { EventListener } from './parties/event-listener.ts';
import { buildIso20Car, type Iso20Car } from './parties/iso20-car.ts';
import { makeEmaid } from './parties/mobility-operator.ts';
import type { Stage } from './story.ts';

const day = 86_400_000;

/**
 * The story's last chapter: the car gets a certificate of ISO 15118-20 beside the one it has. One contract is generated
 * by the provisioning service for -2 and signed for -20, and the car installs it over either.
 */
export async function bothGenerations(stage: Stage, car: Car, listener: EventListener): Promise<void> {
  await operatorSetsUp(stage);
  const iso20Car = await oemPublishes(stage, car.pcid);
  const emaid = await moHasContractGenerated(stage, car, listener);
  await moHasContractSigned(stage, iso20Car, emaid, listener);
  await carInstallsBoth(stage, { car, iso20Car, emaid });
}

async function operatorSetsUp({ doors: { operator }, pkis, report }: Stage): Promise<void> {
  const { iso20 } = pkis;
  const roots = [
    { certificate: toPem(iso20.v2gRoot.certificate), type: 'V2G' },
    { certificate: toPem(iso20.oemRoot.certificate), type: 'OEM' },
    { certificate: toPem(iso20.moRoot.certificate), type: 'MO' },
  ];
  for (const input of roots) {
    const { addRootCertificate } = await operator.graphql<operations.AddRoot>(operations.addRoot, { input });
    accepted(addRootCertificate);
  }
  const { addCpsSigner } = await operator.graphql<operations.AddSigner>(operations.addSigner, {
    input: signerInput(iso20, demoKeys.iso20.signer, 'iso20'),
  });
  check(
    accepted(addCpsSigner).cpsSigner?.isDefault === true,
    'the -20 signer is the default of its generation',
  );
  const { addContractCa } = await operator.graphql<operations.AddContractCa>(operations.addContractCa, {
    input: contractCaInput(pkis.iso2, 'iso2'),
  });
  check(accepted(addContractCa).contractCa !== null, 'the CPS has a CA that issues contracts');
  report({
    number: 9,
    who: 'operator',
    door: 'GraphQL',
    what: 'adds the roots and the signer of ISO 15118-20, and a contract CA',
  });
}

async function oemPublishes({ doors, pkis: { iso20 }, report }: Stage, pcid: string): Promise<Iso20Car> {
  const car = await buildIso20Car(iso20, pcid);
  const { publishProvisioningCertificate } = await doors.oem.graphql<operations.PublishCar>(
    operations.publishCar,
    {
      input: {
        vehicleCertificate: toPem(car.provisioningCertificate),
        subCa1Certificate: toPem(iso20.oem.subCa1.certificate),
        subCa2Certificate: toPem(iso20.oem.subCa2.certificate),
        namespace: 'ISO15118_20',
      },
    },
  );
  check(
    accepted(publishProvisioningCertificate).provisioningCertificate?.pcid === pcid,
    'PCP holds the -20 certificate under the same PCID',
  );
  report({
    number: 9,
    who: 'OEM',
    door: 'GraphQL',
    what: `publishes a -20 certificate of ${pcid} beside the -2 one`,
  });
  return car;
}

async function moHasContractGenerated(
  { doors, report }: Stage,
  { pcid }: Car,
  listener: EventListener,
): Promise<string> {
  const emaid = makeEmaid();
  check(emaid.endsWith(emaidCheckDigit(emaid.slice(0, -1))), 'the EMAID carries its check digit');
  const { generateContractData } = await doors.mo.graphql<operations.Generate>(operations.generate, {
    input: {
      pcid,
      emaid,
      contractBegins: new Date(Date.now() - 60_000).toISOString(),
      contractEnds: new Date(Date.now() + 365 * day).toISOString(),
    },
  });
  const generated = accepted(generateContractData);
  check(generated.contract?.emaid === emaid, 'CCP holds the generated contract');
  const event = await listener.next();
  check(event.type === 'OEM_CONTRACT_CREATED' && event.emaid === emaid, 'the OEM hears of it');
  report({
    number: 10,
    who: 'MO',
    door: 'GraphQL',
    what: `has the CPS generate contract ${emaid} for -2; the OEM hears ${event.type}`,
  });
  return emaid;
}

async function moHasContractSigned(
  { doors, pkis: { iso20 }, report }: Stage,
  { pcid, provisioningCertificate }: Iso20Car,
  emaid: string,
  listener: EventListener,
): Promise<void> {
  const now = Date.now();
  const { certificate, privateKey } = await issueContractCertificate(iso20, {
    emaid,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + 365 * day),
  });
  const wrapped = wrapIso20ContractKey({
    privateKey,
    oemPublicKey: provisioningCertificate.publicKey,
    pcid,
    contractCertificate: certificate.der,
  });
  const { signContractData } = await doors.mo.graphql<operations.Sign>(operations.sign, {
    input: {
      pcid,
      namespace: 'ISO15118_20',
      contractCertificate: toPem(certificate),
      subCaCertificates: [toPem(iso20.mo.subCa2.certificate), toPem(iso20.mo.subCa1.certificate)],
      encryptedPrivateKey: Buffer.from(wrapped.encryptedPrivateKey.value).toString('base64'),
      dhPublicKey: Buffer.from(wrapped.dhPublicKey).toString('base64'),
    },
  });
  check(accepted(signContractData).contract?.pcid === pcid, 'CCP holds the -20 data of the same contract');
  const event = await listener.next();
  check(event.type === 'OEM_CONTRACT_UPDATED' && event.emaid === emaid, 'the OEM hears that it grew');
  report({
    number: 10,
    who: 'MO',
    door: 'GraphQL',
    what: `has the CPS sign ${emaid} for -20; the OEM hears ${event.type}`,
  });
}

async function carInstallsBoth(
  { doors, report }: Stage,
  { car, iso20Car, emaid }: { car: Car; iso20Car: Iso20Car; emaid: string },
): Promise<void> {
  const iso2 = await operations.requestInstallation(doors.cpo, await car.requestCertificate());
  check(iso2.status === 200, `the REST door answers 200, not ${iso2.status}`);
  check(car.install(iso2.exi).emaid === emaid, 'the car installs the generated contract over -2');
  const iso20 = await operations.requestInstallation(
    doors.cpo,
    await iso20Car.requestCertificate(),
    'urn:iso:std:iso:15118:-20:CommonMessages',
  );
  check(iso20.status === 200, `the REST door answers 200, not ${iso20.status}`);
  const installed = iso20Car.install(iso20.exi);
  check(installed.emaid === emaid, 'the car installs the same contract over -20');
  report({
    number: 11,
    who: 'car',
    door: 'REST',
    what: `installs ${emaid} over -2 and over -20, whose signature leads to ${installed.v2gRoot}`,
  });
}
