import { lookUpVehicle, makeContractData, makeEmaid, type Doors } from '@chargegraph/cli';
import { createDemoPki, issueProvisioningCertificate, parseCertificate, toPem } from '@chargegraph/pki';
import { updateRequestOf } from '../../harness/car-requests.ts';
import { signOutside } from '../../harness/contract-data.ts';
import { newPcid, publishNewCar, signNewContract } from '../../harness/parties.ts';
import type { Scene } from '../scene.ts';

/** Values that mean something to the ecosystem, by the name of the field or parameter that they are put into. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
const wrapped = (text: string): string => text.replace(/.{64}/g, '$&\r\n');

/** What is deleted may be deleted: the rest of the run needs what stands in the scene. */
async function makeSpares({ world }: Scene, oem: Doors, mo: Doors) {
  const cars: string[] = [];
  const contracts: string[] = [];
  for (let count = 0; count < 3; count++) {
    cars.push((await publishNewCar(oem, world.pki)).pcid);
    const withContract = await publishNewCar(oem, world.pki);
    contracts.push((await signNewContract(mo, world.pki, withContract)).emaid);
  }
  return { cars, contracts };
}

/** Makes the values, and the cars and contracts that some of them name. */
export async function makeKnownValues(scene: Scene): Promise<(operationId: string) => KnownValues> {
  const { world, car, carWithout, contract } = scene;
  const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
  const { pki } = world;
  const other = await createDemoPki({ now: new Date() });
  const spare = await makeSpares(scene, oem, mo);
  const vehicle = await lookUpVehicle(mo, car.pcid);
  const emaid = makeEmaid();
  const data = await makeContractData(pki, emaid, vehicle);
  const newCarPcid = newPcid();
  const { certificate: newCar } = await issueProvisioningCertificate(pki, { pcid: newCarPcid });
  const generated = makeEmaid();
  const outside = await signOutside({ emaid, car: car.provisioningCertificate, mo: pki, cps: pki });
  const foreign = await signOutside({ emaid, car: car.provisioningCertificate, mo: pki, cps: other });
  const roots = [pki.v2gRoot, pki.oemRoot, pki.moRoot].map(({ certificate }) => certificate);
  const newRoots = [other.v2gRoot, other.oemRoot, other.moRoot].map(({ certificate }) => certificate);
  const issued = [pki.oem.subCa1, pki.oem.subCa2, pki.mo.subCa1, pki.mo.subCa2].map(
    ({ certificate }) => certificate,
  );
  const certificates = [newCar, car.provisioningCertificate, ...issued, ...roots].flatMap((each) => [
    base64(each.der),
    wrapped(base64(each.der)),
    toPem(each),
  ]);
  const contractChain = [data.contractCertificate, ...data.subCaCertificates].map((pem) =>
    base64(parseCertificate(pem).der),
  );
  const requests = [
    await scene.requestOf(car),
    await scene.requestOf(carWithout),
    await updateRequestOf(pki, contract.emaid, new Uint8Array(8)),
  ];
  const { clientId, clientSecret } = world.credentials['demo-cpo'];
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const ids = { pcid: [car.pcid, carWithout.pcid], emaid: [contract.emaid, emaid] };
  const shared: KnownValues = {
    pcid: [...ids.pcid, newPcid(), newPcid('XYZ'), car.pcid.toLowerCase()],
    previousPcid: [null, '', ...ids.pcid],
    v2gRootAuthorityKeyIdentifiers: [[pki.v2gRoot.certificate.subjectKeyIdentifier ?? '45:B8'], null, []],
    emaid: [...ids.emaid, makeEmaid(), contract.emaid.toLowerCase(), 'DEXYZC123456789'],
    emaidOrPcid: [...ids.pcid, contract.emaid],
    rootCertificateId: [...roots, ...newRoots].map(({ fingerprint }) => fingerprint),
    cpsV2GRootCertificateFingerprint: [
      pki.v2gRoot.certificate.fingerprint,
      pki.v2gRoot.certificate.fingerprint.toUpperCase(),
      other.v2gRoot.certificate.fingerprint,
      '',
    ],
    xsdMsgDefNamespace: [
      'urn:iso:15118:2:2013:MsgDef',
      'urn:iso:15118:20:2022:MsgDef',
      'urn:iso:std:iso:15118:-20:CommonMessages',
      '',
    ],
    rootType: ['V2G', 'v2g', 'MO', 'OEM', 'pe'],
    caCertificate: [...newRoots.map(({ der }) => base64(der)), ...certificates],
    vehicleCertificate: [base64(newCar.der), ...certificates],
    subCA1Certificate: [base64(pki.oem.subCa1.certificate.der), ...certificates],
    subCA2Certificate: [base64(pki.oem.subCa2.certificate.der), null, ...certificates],
    contractCertificate: [...contractChain, ...certificates],
    contractSubCa1Certificate: [base64(pki.mo.subCa1.certificate.der), ...certificates],
    contractSubCa2Certificate: [base64(pki.mo.subCa2.certificate.der), null],
    contractSignatureCertChainCertificate: [contractChain[0], ...certificates],
    contractSignatureCertChainSubCertificates: [contractChain.slice(1), certificates.slice(0, 2), []],
    contractSignatureCertChain: [
      null,
      {
        contractSignatureCertChainCertificate: contractChain[0],
        contractSignatureCertChainSubCertificates: contractChain.slice(1),
      },
    ],
    contractSignatureEncryptedPrivateKey: [data.encryptedPrivateKey],
    dHpublickey: [data.dhPublicKey],
    certificateInstallationReq: [
      ...requests,
      ...requests.map(wrapped),
      ...requests.map((each) => each.slice(0, 400)),
      contract.signedContractData,
    ],
    signedContractDataXML: [outside, contract.signedContractData, foreign, requests[0], wrapped(outside)],
    contractBegins: [at(0), at(1), at(-1)],
    contractEnds: [at(100), at(400), at(-1), at(10_000)],
    sessionID: ['', '00', '0102030405060708', '010203040506070809'],
    broadcast: ['true', 'false', ''],
    alwaysReturnEXI: ['false', 'true', 'False'],
    'X-Skip-Revocation': ['true', 'false'],
    grant_type: ['client_credentials', 'CLIENT_CREDENTIALS'],
    client_id: [clientId],
    client_secret: [clientSecret],
  };
  // Those that the run itself makes, again and again, first.
  const deleted: KnownValues = {
    emaidOrPcid: [generated, ...spare.contracts],
    pcid: [newCarPcid, ...spare.cars],
  };
  const signed: KnownValues = { emaid: [emaid, ...ids.emaid] };
  const own: Readonly<Record<string, KnownValues>> = {
    signContractData: signed,
    createAndForwardSignedContractData: signed,
    createSignedContractData: signed,
    addSignedContractData: signed,
    generateSignedContractData: { emaid: [generated, ...ids.emaid] },
    deleteSignedContractData: deleted,
    deleteOEMProvCert: deleted,
    deleteRootCert: { rootCertificateId: newRoots.map(({ fingerprint }) => fingerprint) },
  };
  return (operationId) => ({ ...shared, ...own[operationId] });
}
