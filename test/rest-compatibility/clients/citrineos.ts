import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Scene } from '../scene.ts';
import type { Received } from '../wire.ts';

/**
 * citrineos/citrineos-core, `02_Util/src/certificate/client/hubject.ts`. It calls with Node's `fetch`, and so does this:
 * what is not said here, both leave to it.
 */
export function replayCitrineOs(scene: () => Scene): void {
  describe('CitrineOS', () => {
    const call = async (operationId: string, path: string, init: RequestInit): Promise<Received> => {
      const response = await fetch(`${scene().world.url}${path}`, init);
      const answer = {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await response.text(),
      };
      expect(scene().fault(operationId, answer)).toBeUndefined();
      return answer;
    };

    /** A form, with the base address as audience. It keeps the token a minute less than it is told. */
    async function fetchToken(): Promise<string> {
      const { clientId, clientSecret } = scene().world.credentials['demo-cpo'];
      const answer = await call('issueToken', '/oauth/token', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: clientSecret,
          audience: scene().world.url,
        }).toString(),
      });
      expect(answer.status).toBe(200);
      const { access_token: token, expires_in: seconds } = JSON.parse(answer.text) as {
        access_token: string;
        expires_in: number;
      };
      expect(seconds - 60).toBeGreaterThan(0);
      const [, claims = ''] = token.split('.');
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        aud: scene().world.url,
      });
      return `Bearer ${token}`;
    }

    const askForContract = (authorization: string, exi: string, namespace: string) =>
      call('getSignedContractData', '/v1/ccp/signedContractData', {
        method: 'POST',
        headers: {
          Accept: 'application/json',
          Authorization: authorization,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ certificateInstallationReq: exi, xsdMsgDefNamespace: namespace }),
      });

    /** The last entry that has an answer, of 200 alone. */
    const readContract = ({ status, text }: Received): string | undefined => {
      if (status !== 200) return undefined;
      const { CCPResponse } = JSON.parse(text) as {
        CCPResponse: { emaidContent?: { messageDef?: { certificateInstallationRes?: string } }[] };
      };
      return CCPResponse.emaidContent
        ?.map(({ messageDef }) => messageDef?.certificateInstallationRes)
        .findLast((exi) => exi !== undefined && exi !== '');
    };

    it('has a car’s request answered, whatever the charging station calls the schema', async () => {
      const { car, contract, requestOf } = scene();
      const token = await fetchToken();
      // The namespace is what the station has sent as `iso15118SchemaVersion`.
      for (const namespace of [
        'urn:iso:15118:2:2013:MsgDef',
        'urn:iso:15118:2:2010:MsgDef',
        '15118-2:2013',
      ]) {
        const exi = readContract(await askForContract(token, await requestOf(car), namespace));
        expect(car.install(Buffer.from(exi ?? '', 'base64')).emaid).toBe(contract.emaid);
      }
    });

    it('asks again with a new token when the one it keeps is not taken, and fails when there is no contract', async () => {
      const { car, carWithout, contract, requestOf } = scene();
      const exi = await requestOf(car);
      expect((await askForContract('Bearer of.long.ago', exi, 'urn:iso:15118:2:2013:MsgDef')).status).toBe(
        401,
      );
      const token = await fetchToken();
      const answer = await askForContract(token, exi, 'urn:iso:15118:2:2013:MsgDef');
      expect(car.install(Buffer.from(readContract(answer) ?? '', 'base64')).emaid).toBe(contract.emaid);
      const none = await askForContract(token, await requestOf(carWithout), 'urn:iso:15118:2:2013:MsgDef');
      expect(readContract(none)).toBeUndefined();
    });

    it('gets all roots, makes PEM of them, and finds the one of a chain by name and key identifier', async () => {
      const { status, text } = await call('getAllRootCerts', '/v1/root/rootCerts', {
        method: 'GET',
        headers: { Accept: 'application/json', Authorization: await fetchToken() },
      });
      expect(status).toBe(200);
      const { RootCertificateCollection } = JSON.parse(text) as {
        RootCertificateCollection: { rootCertificates: { caCertificate: string }[] };
      };
      const roots = RootCertificateCollection.rootCertificates.map(
        ({ caCertificate }) =>
          new X509Certificate(`-----BEGIN CERTIFICATE-----\n${caCertificate}\n-----END CERTIFICATE-----\n`),
      );
      const { subCa1 } = scene().world.pki.mo;
      const last = new X509Certificate(subCa1.certificate.der);
      expect(roots.filter((root) => last.checkIssued(root))).toHaveLength(1);
    });
  });
}
