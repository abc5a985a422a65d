import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildCar } from '@chargegraph/cli';
import { newPcid } from '../../harness/parties.ts';
import type { Scene } from '../scene.ts';
import type { Received } from '../wire.ts';

/** Go's client: `User-Agent` and `Content-Length` first, the rest by name, the encoding last. */
const goHeaders = (headers: Readonly<Record<string, string>>, hasBody: boolean) =>
  [
    ['Host', ''],
    ['User-Agent', 'Go-http-client/1.1'],
    ...(hasBody ? [['Content-Length', ''] as const] : []),
    ...Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)),
    ['Accept-Encoding', 'gzip'],
  ] as const;

/** Go writes these three so in JSON. */
const goJson = (value: object): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

/** Go's base64 passes over line breaks and nothing else. */
const goBase64 = (text: string): Buffer => {
  const compact = text.replace(/[\r\n]/g, '');
  expect(compact).toMatch(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);
  return Buffer.from(compact, 'base64');
};

/** thoughtworks/maeve-csms: `manager/services`, and the script that registers a car's certificate. */
export function replayMaeve(scene: () => Scene): void {
  describe('MaEVe', () => {
    /** The `oauth2` token service: its numbers have to be whole, its texts texts. */
    async function fetchToken(client: 'demo-cpo' | 'demo-oem'): Promise<string> {
      const { clientId, clientSecret } = scene().world.credentials[client];
      const answer = await scene().replay('issueToken', {
        method: 'POST',
        target: '/oauth/token',
        headers: goHeaders({ 'Content-Type': 'application/json' }, true),
        body: goJson({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
        }),
      });
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/"expires_in":\d+[,}]/);
      const { access_token: token, token_type: type } = JSON.parse(answer.text) as Record<string, unknown>;
      expect([typeof token, typeof type]).toEqual(['string', 'string']);
      return token as string;
    }

    /** The token stands in two headers. */
    const withToken = (token: string) => ({ Authorization: `Bearer ${token}`, 'X-Api-Key': token });

    async function askForContract(exi: string): Promise<Received> {
      const token = await fetchToken('demo-cpo');
      return await scene().replay('getSignedContractData', {
        method: 'POST',
        target: '/v1/ccp/signedContractData',
        headers: goHeaders({ ...withToken(token), 'Content-Type': 'application/json' }, true),
        body: goJson({
          certificateInstallationReq: exi,
          xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
        }),
      });
    }

    /** Accepted with an answer for the car, or failed: nothing but 200 and an EMAID in the first entry will do. */
    const readContract = ({ status, text }: Received): string | undefined => {
      if (status !== 200) return undefined;
      const { CCPResponse } = JSON.parse(text) as {
        CCPResponse: {
          emaidContent: { messageDef: { certificateInstallationRes: string; emaid?: string } }[];
        };
      };
      const [first] = CCPResponse.emaidContent;
      return first === undefined || (first.messageDef.emaid ?? '') === ''
        ? undefined
        : first.messageDef.certificateInstallationRes;
    };

    it('gets all roots, and can parse every one', async () => {
      const answer = await scene().replay('getAllRootCerts', {
        method: 'GET',
        target: '/v1/root/rootCerts',
        headers: goHeaders({ Accept: 'application/json', ...withToken(await fetchToken('demo-cpo')) }, false),
      });
      expect(answer.status).toBe(200);
      const { RootCertificateCollection } = JSON.parse(answer.text) as {
        RootCertificateCollection: { rootCertificates: Record<string, unknown>[] };
      };
      const roots = RootCertificateCollection.rootCertificates;
      // Every field that it names is a text to Go, and another type would end the whole list.
      for (const root of roots)
        expect(Object.values(root).every((value) => typeof value === 'string')).toBe(true);
      const names = roots.map(
        ({ caCertificate }) => new X509Certificate(goBase64(String(caCertificate))).subject,
      );
      expect(names).toContain(new X509Certificate(scene().world.pki.v2gRoot.certificate.der).subject);
    });

    it('has a car’s request answered with what the car installs', async () => {
      const { car, contract, requestOf } = scene();
      const exi = readContract(await askForContract(await requestOf(car)));
      expect(car.install(goBase64(exi ?? '')).emaid).toBe(contract.emaid);
    });

    it('fails for a car without a contract, three times with a new token each, and takes no negative answer for one', async () => {
      const { carWithout, requestOf } = scene();
      const exi = await requestOf(carWithout);
      for (let attempt = 1; attempt <= 3; attempt++) {
        const answer = await askForContract(exi);
        expect([answer.status, readContract(answer)]).toEqual([404, undefined]);
      }
      // Another key than the published one: the answer is for the car, and its status is 200.
      const impostor = await buildCar(scene().world.pki, carWithout.pcid);
      const refused = await askForContract(await requestOf(impostor));
      expect([refused.status, readContract(refused)]).toEqual([200, undefined]);
    });

    it('registers a car’s certificate with curl, told more than is asked for', async () => {
      const { pki } = scene().world;
      const { provisioningCertificate } = await buildCar(pki, newPcid());
      const oneLine = (der: Uint8Array) => Buffer.from(der).toString('base64');
      // As the script writes it: each field on its line, the last ones with the bracket.
      const body = `{
  "subCA1Certificate": "${oneLine(pki.oem.subCa1.certificate.der)}",
  "subCA2Certificate": "${oneLine(pki.oem.subCa2.certificate.der)}",
  "vehicleCertificate": "${oneLine(provisioningCertificate.der)}",
  "xsdMsgDefNamespace": "urn:iso:15118:2:2013:MsgDef",
  "rootIssuerDistinguishedName": "CN=V2G Root CA QA G1, DC=V2G, O=Hubject GmbH, C=DE",
  "rootIssuerSerialNumber": "69ab00d259bbdf42ce80529ad30ce5ed",
  "v2gRootAuthorityKeyIdentifier": "4b:45:ff:82:25:fc:10:96",
  "rootAuthorityKeyIdentifier": "4b:45:ff:82:25:fc:10:96"}`;
      const answer = await scene().replay('addOEMProvCert', {
        method: 'PUT',
        target: '/v1/oem/provCerts',
        headers: [
          ['Host', ''],
          ['User-Agent', 'curl/7.81.0'],
          ['Accept', 'application/json, application/xml'],
          ['Authorization', `Bearer ${await fetchToken('demo-oem')}`],
          ['Content-Type', 'application/json'],
          ['Content-Length', ''],
        ],
        body,
      });
      expect(answer.status).toBe(200);
    });
  });
}
