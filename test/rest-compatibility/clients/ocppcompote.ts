import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { demoProviderId, makeEmaid, type DemoClient } from '@chargegraph/cli';
import { newPcid, signNewContract } from '../../harness/parties.ts';
import type { Scene } from '../scene.ts';
import type { Received } from '../wire.ts';

/** As Python writes JSON when it is not told otherwise. */
const pythonJson = (value: Readonly<Record<string, string>>): string =>
  `{${Object.entries(value)
    .map(([name, text]) => `${JSON.stringify(name)}: ${JSON.stringify(text)}`)
    .join(', ')}}`;

/** dailab/ocppcompote: the services of its charge point operator, mobility operator and car, all with httpx. */
export function replayOcppcompote(scene: () => Scene): void {
  describe('ocppcompote', () => {
    /** httpx. Its routes name a content type even where they send nothing. */
    const call = (operationId: string, client: DemoClient, method: string, target: string, body?: string) =>
      scene().replay(operationId, {
        method,
        target,
        headers: [
          ['Host', ''],
          ['Accept-Encoding', 'gzip, deflate'],
          ['Connection', 'keep-alive'],
          ['User-Agent', 'python-httpx/0.28.1'],
          ...(target === '/v1/root/rootCerts' ? [] : [['Content-Type', 'application/json'] as const]),
          // The whole header is what it has been given as its token.
          ['Authorization', `Bearer ${scene().token(client)}`],
          ['Accept', 'application/json'],
          ...(body === undefined ? [] : [['Content-Length', ''] as const]),
        ],
        body,
      });
    const json = ({ text }: Received) => JSON.parse(text) as Record<string, unknown>;

    it('gets the roots as all three parties', async () => {
      for (const client of ['demo-cpo', 'demo-mo', 'demo-oem'] as const) {
        const answer = await call('getAllRootCerts', client, 'GET', '/v1/root/rootCerts');
        expect(answer.status).toBe(200);
      }
    });

    it('has a car’s request answered as a charge point operator, and reads EXI out of a refusal too', async () => {
      const { car, carWithout, contract, requestOf } = scene();
      const ask = async (exi: string, xsdMsgDefNamespace: string) => {
        const answer = await call(
          'getSignedContractData',
          'demo-cpo',
          'POST',
          '/v1/ccp/signedContractData',
          pythonJson({ certificateInstallationReq: exi, xsdMsgDefNamespace }),
        );
        // It does not look at the status.
        const { CCPResponse } = json(answer) as {
          CCPResponse: { emaidContent: [{ messageDef: { certificateInstallationRes: string } }] };
        };
        return Buffer.from(CCPResponse.emaidContent[0].messageDef.certificateInstallationRes, 'base64');
      };
      const exi = await ask(await requestOf(car), 'urn:iso:15118:2:2013:MsgDef');
      expect(car.install(exi).emaid).toBe(contract.emaid);
      // What it declares unless it is told otherwise is what its own example is of.
      const later = await ask(await requestOf(car), 'urn:iso:15118:20:2022:MsgDef');
      expect(car.install(later).emaid).toBe(contract.emaid);
      const none = await ask(await requestOf(carWithout), 'urn:iso:15118:2:2013:MsgDef');
      expect(carWithout.responseCodeOf(none)).toBe('FAILED_NoCertificateAvailable');
    });

    it('looks cars and contracts up as a mobility operator, with parameters that OPCP does not have', async () => {
      const { car, contract } = scene();
      const query = 'signatureAlgorithm=secp256r1&xsdMsgDefNamespace=urn%3Aiso%3A15118%3A2%3A2013%3AMsgDef';
      const path = `/v1/oem/provCerts/lookupVehicle/${car.pcid}`;
      for (const target of [path, `${path}?${query}`])
        expect((await call('lookupVehicle', 'demo-mo', 'GET', target)).status).toBe(200);
      const certificate = json(
        await call(
          'getOEMProvCert',
          'demo-mo',
          'GET',
          `/v1/oem/provCerts/${car.pcid}?signatureAlgorithm=secp256r1`,
        ),
      ) as { OEMMessage: { vehicleCertificate: string } };
      const { subject } = new X509Certificate(
        Buffer.from(certificate.OEMMessage.vehicleCertificate, 'base64'),
      );
      expect(subject).toContain(`CN=${car.pcid}`);
      const unknown = `/v1/oem/provCerts/lookupVehicle/${newPcid()}`;
      expect((await call('lookupVehicle', 'demo-mo', 'GET', unknown)).status).toBe(404);

      const { fingerprint } = scene().world.pki.v2gRoot.certificate;
      const found = await call(
        'lookupContract',
        'demo-mo',
        'GET',
        `/v1/ccp/lookupContract/${contract.emaid}?cpsV2GRootCertificateFingerprint=${fingerprint}`,
      );
      expect(json(found)).toMatchObject({ XMLContracts: [{ emaid: contract.emaid }] });
    });

    it('has a contract generated and deletes it, and finds an object in the answer', async () => {
      const emaid = makeEmaid();
      expect(emaid.startsWith(demoProviderId)).toBe(true);
      // Two years to the second, as its example has them.
      const at = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`;
      const body = {
        contractBegins: at(0),
        contractEnds: at(730),
        pcid: scene().carWithout.pcid,
        emaid,
        xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
      };
      const path = '/v1/cps/generate/signedContractData';
      // httpx writes JSON without blanks.
      const made = await call('generateSignedContractData', 'demo-mo', 'PUT', path, JSON.stringify(body));
      expect(made.status).toBe(201);
      const target = `/v1/ccp/signedContractData/${emaid}`;
      const deleted = await call('deleteSignedContractData', 'demo-mo', 'DELETE', target);
      expect([deleted.status, json(deleted)]).toEqual([200, {}]);
      const again = await call('deleteSignedContractData', 'demo-mo', 'DELETE', target);
      expect(again.status).toBe(404);
    });

    it('cannot delete what one V2G root has signed alone, and is told so', async () => {
      const { world, carWithout } = scene();
      const { emaid } = await signNewContract(await world.doors('demo-mo'), world.pki, carWithout);
      const { fingerprint } = world.pki.v2gRoot.certificate;
      const path = `/v1/ccp/signedContractData/${emaid}`;
      const query = `?cpsV2GRootCertificateFingerprint=${fingerprint}`;
      const refused = await call('deleteSignedContractData', 'demo-mo', 'DELETE', `${path}${query}`);
      expect(refused.status).toBe(400);
      expect((await call('deleteSignedContractData', 'demo-mo', 'DELETE', path)).status).toBe(200);
    });

    it('lists a car’s contracts and is handed one as the car', async () => {
      const { car, contract } = scene();
      const listed = await call('getContracts', 'demo-oem', 'GET', `/v1/ccp/signedContractData/${car.pcid}`);
      expect(json(listed)).toMatchObject({ XMLContracts: [{ emaid: contract.emaid }] });
      const path = `/v1/ccp/provideSignedContractData/${contract.emaid}/${car.pcid}`;
      const query = '?sessionID=00&xsdMsgDefNamespace=urn%3Aiso%3A15118%3A2%3A2013%3AMsgDef';
      const handed = await call('provideSignedContractData', 'demo-oem', 'GET', `${path}${query}`);
      expect(json(handed)).toMatchObject({ certificateInstallationRes: expect.any(String) });
    });
  });
}
