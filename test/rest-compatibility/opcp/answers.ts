import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { DemoClient } from '@chargegraph/cli';
import { toPem } from '@chargegraph/pki';
import { send, type Answer } from '../../harness/http.ts';
import type { Schema } from '../opcp-document.ts';
import type { Scene } from '../scene.ts';

/** Answers of the operations for which OPCP says what is in them, by `operationId`. */
export async function answersOf(scene: Scene): Promise<readonly (readonly [string, Answer])[]> {
  const { world, car, carWithout, contract } = scene;
  const { oem, v2gRoot } = world.pki;
  const ask = (client: DemoClient, method: string, path: string, body?: object) =>
    send(`${world.url}${path}`, {
      method,
      token: scene.token(client),
      ...(body !== undefined && { body }),
    });
  const { clientId, clientSecret } = world.credentials['demo-cpo'];
  const token = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const published = {
    vehicleCertificate: toPem(carWithout.provisioningCertificate),
    subCA1Certificate: toPem(oem.subCa1.certificate),
    subCA2Certificate: toPem(oem.subCa2.certificate),
  };
  const request = async (of: Scene['car']) => ({
    certificateInstallationReq: await scene.requestOf(of),
    xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
  });
  const exi = '/v1/ccp/signedContractData';
  const provided = `/v1/ccp/provideSignedContractData/${contract.emaid}/${car.pcid}`;
  const root = `/v1/root/rootCerts/${v2gRoot.certificate.fingerprint}`;
  return [
    ['issueToken', await ask('demo-cpo', 'POST', '/oauth/token', token)],
    ['issueToken', await ask('demo-cpo', 'POST', '/oauth/token', { ...token, client_secret: 'wrong' })],
    ['getAllRootCerts', await ask('demo-cpo', 'GET', '/v1/root/rootCerts')],
    ['getRootCert', await ask('demo-cpo', 'GET', root)],
    ['getCertificateTrustList', await ask('demo-cpo', 'GET', '/v1/root/ctl')],
    ['addOEMProvCert', await ask('demo-oem', 'PUT', '/v1/oem/provCerts', published)],
    ['getOEMProvCert', await ask('demo-mo', 'GET', `/v1/oem/provCerts/${car.pcid}`)],
    ['getOEMProvCert', await ask('demo-mo', 'GET', '/v1/oem/provCerts/short')],
    ['getAllCpsSigners', await ask('demo-cpo', 'GET', '/cps/signer')],
    ['getSignedContractData', await ask('demo-cpo', 'POST', exi, await request(car))],
    ['getSignedContractData', await ask('demo-cpo', 'POST', exi, await request(carWithout))],
    ['provideSignedContractData', await ask('demo-oem', 'GET', provided)],
    ['lookupContract', await ask('demo-mo', 'GET', `/v1/ccp/lookupContract/${contract.emaid}`)],
    ['getContracts', await ask('demo-oem', 'GET', `${exi}/${car.pcid}`)],
  ];
}

/** Where our answers are not of OPCP's form, each with the reason; docs/rest-compatibility.md says the same. */
const known: readonly RegExp[] = [
  // It requires two of a root and allows one.
  /\/(?:rootCertificates\/\d+|RootResponse) must NOT have more than 1 properties$/,
  // 800 octets are more characters of base64.
  /Certificate must NOT have more than 800 characters$/,
  // No SHA-256 is a UUID, and the names of two fields are swapped.
  /\/(?:cpsV2GRootCertificateFingerprint|cpsRootCertificateDN) must match pattern /,
];

/** What of an answer OPCP's schema does not allow, but for what is known. */
export function differences(schema: Schema, value: unknown): readonly string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  const validate = ajv.compile(schema);
  validate(value);
  const found = (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`);
  return found.filter((each) => !known.some((pattern) => pattern.test(each)));
}
