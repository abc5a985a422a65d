import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene.ts';

/** axios before its version 1, which closes the connection. */
const axiosHeaders = (token?: string) =>
  [
    ['Accept', 'application/json, text/plain, */*'],
    ['Content-Type', 'application/json;charset=utf-8'],
    ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
    ['User-Agent', 'axios/0.21.1'],
    ['Content-Length', ''],
    ['Host', ''],
    ['Connection', 'close'],
  ] as const;

/** sap-labs-france/ev-server, `HubjectContractCertificatePoolClient.ts`, of May 2021 and gone since. */
export function replaySapEvServer(scene: () => Scene): void {
  describe('SAP’s ev-server', () => {
    it('gets a token for each request and has a car’s request answered, in the form that its types name', async () => {
      const { world, car, contract, requestOf } = scene();
      const { clientId, clientSecret } = world.credentials['demo-cpo'];
      const tokenAnswer = await scene().replay('issueToken', {
        method: 'POST',
        target: '/oauth/token',
        headers: axiosHeaders(),
        body: JSON.stringify({
          client_id: clientId,
          client_secret: clientSecret,
          audience: 'https://eu.plugncharge-qa.hubject.com',
          grant_type: 'client_credentials',
        }),
      });
      const { access_token: token } = JSON.parse(tokenAnswer.text) as { access_token: string };
      const answer = await scene().replay('getSignedContractData', {
        method: 'POST',
        target: '/v1/ccp/signedContractData',
        headers: axiosHeaders(token),
        body: JSON.stringify({
          certificateInstallationReq: await requestOf(car),
          xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
        }),
      });
      expect([tokenAnswer.status, answer.status]).toEqual([200, 200]);
      const { CCPResponse } = JSON.parse(answer.text) as {
        CCPResponse: {
          emaidContent: [{ messageDef: { certificateInstallationRes: string; emaid: string } }];
        };
      };
      // Its code leaves the entry's number out, which no list of JSON can be read with; its types do not.
      const [{ messageDef }, ...more] = CCPResponse.emaidContent;
      expect([messageDef.emaid, more]).toEqual([contract.emaid, []]);
      expect(car.install(Buffer.from(messageDef.certificateInstallationRes, 'base64')).emaid).toBe(
        contract.emaid,
      );
    });
  });
}
