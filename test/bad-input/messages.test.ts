import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMessage } from '@chargegraph/iso15118';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { base64, requestMessage, requestOf } from '../harness/car-requests.ts';
import { newPcid } from '../harness/parties.ts';
import { pause } from '../harness/wait.ts';
import { minute, refusal, startScene, type Scene } from './scene.ts';

describe('a message that must not be believed', () => {
  let scene: Scene;
  let world: Scene['world'];
  let foreign: Scene['foreign'];
  let car: Scene['car'];
  let contract: Scene['contract'];
  let carKey: Scene['carKey'];
  let ending: Scene['ending'];

  beforeAll(async () => {
    scene = await startScene();
    ({ world, foreign, car, contract, carKey, ending } = scene);
  });
  afterAll(() => scene.stop());

  describe('EXI that is none', () => {
    const broken = [
      'gA==',
      'AAAA',
      base64(Buffer.from('<xml/>')),
      '*',
      'gA',
      base64(Buffer.alloc(700_000, 0x80)),
    ];

    it('is answered 400 with OPCP’s body on the REST door', async () => {
      for (const exi of broken) {
        expect(await scene.install(exi)).toEqual({
          status: 400,
          body: {
            errorMessages: ['EXI format is invalid!'],
            traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          },
        });
      }
      const cut = await requestOf(world.pki, carKey.certificate, carKey.privateKey);
      expect(await scene.install(base64(Buffer.from(cut, 'base64').subarray(0, -20)))).toMatchObject({
        status: 400,
        body: { errorMessages: ['EXI format is invalid!'] },
      });
    });

    it('is refused as such in GraphQL, as a request and as contract data', async () => {
      for (const exi of ['gA==', 'AAAA']) {
        expect(
          await scene.mutate('demo-cpo', 'requestCertificateInstallation', {
            certificateInstallationReq: exi,
          }),
        ).toEqual(refusal('EXI_INVALID', 'certificateInstallationReq', /EXI/));
        expect(
          await scene.mutate('demo-mo', 'publishContract', { signedContractData: exi, pcid: car.pcid }),
        ).toEqual(refusal('EXI_INVALID', 'signedContractData', /EXI/));
        expect(
          await scene.mutate('demo-mo', 'updateContract', { signedContractData: exi, emaid: contract.emaid }),
        ).toEqual(refusal('EXI_INVALID', 'signedContractData', /EXI/));
      }
    });

    it('is too long for any message, and is not repeated to whoever sent it', async () => {
      const signedContractData = base64(Buffer.alloc(400_000, 0x80));
      const refused = scene.mutate('demo-mo', 'publishContract', { signedContractData, pcid: car.pcid });
      await expect(refused).rejects.toThrow(/^.{0,600}signedContractData.{0,600}too long\.$/);
    });

    it('is a message of the other kind, too', async () => {
      expect(await scene.install(contract.signedContractData)).toMatchObject({
        status: 400,
        body: {
          errorMessages: [
            'The message is a CertificateInstallationRes, not a CertificateInstallationReq or a CertificateUpdateReq.',
          ],
        },
      });
      const request = await requestOf(world.pki, carKey.certificate, carKey.privateKey);
      expect(
        await scene.mutate('demo-mo', 'publishContract', { signedContractData: request, pcid: car.pcid }),
      ).toEqual(refusal('EXI_INVALID', 'signedContractData', /./));
    });
  });

  describe('a car’s request', () => {
    it('delivers when all holds, so that the refusals below have their own reasons', async () => {
      expect(
        await scene.install(await requestOf(world.pki, carKey.certificate, carKey.privateKey)),
      ).toMatchObject({
        status: 200,
        body: { CCPResponse: { emaidContent: [{ messageDef: { emaid: expect.stringMatching(/^EMP99/) } }] } },
      });
    });

    it('with a tampered signature or body is answered FAILED_SignatureError', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await scene.expectRefusedInExi(
        await requestOf(world.pki, carKey.certificate, privateKey),
        200,
        'FAILED_SignatureError',
      );
      const message = await requestMessage(world.pki, carKey.certificate, carKey.privateKey);
      const [root] = message.body.listOfRootCertificateIDs;
      const twice = {
        ...message,
        body: { ...message.body, listOfRootCertificateIDs: root === undefined ? [] : [root, root] },
      };
      await scene.expectRefusedInExi(base64(encodeMessage(twice)), 200, 'FAILED_SignatureError');
      const { signature, ...header } = message.header;
      expect(signature).toBeDefined();
      await scene.expectRefusedInExi(
        base64(encodeMessage({ ...message, header })),
        200,
        'FAILED_SignatureError',
      );
    });

    it('with a certificate of an unknown root is answered FAILED_CertChainError, the key being right', async () => {
      const { certificate } = await issueProvisioningCertificate(foreign, {
        pcid: carKey.certificate.commonName ?? '',
        publicKey: carKey.certificate.publicKey,
      });
      await scene.expectRefusedInExi(
        await requestOf(world.pki, certificate, carKey.privateKey),
        200,
        'FAILED_CertChainError',
      );
    });

    it('with an expired certificate is answered FAILED_CertificateExpired', async () => {
      const past = await issueProvisioningCertificate(world.pki, {
        pcid: carKey.certificate.commonName ?? '',
        publicKey: carKey.certificate.publicKey,
        notBefore: new Date(Date.now() - 30 * minute),
        notAfter: new Date(Date.now() - minute),
      });
      await scene.expectRefusedInExi(
        await requestOf(world.pki, past.certificate, carKey.privateKey),
        200,
        'FAILED_CertificateExpired',
      );
      // And the very certificate that PCP holds, once it has ended.
      await pause(Math.max(0, ending.certificate.notAfter.getTime() - Date.now()) + 50);
      await scene.expectRefusedInExi(
        await requestOf(world.pki, ending.certificate, ending.privateKey),
        200,
        'FAILED_CertificateExpired',
      );
    });

    it('of a car that nobody published is answered FAILED_NoCertificateAvailable with 404', async () => {
      const unknown = await issueProvisioningCertificate(world.pki, { pcid: newPcid() });
      await scene.expectRefusedInExi(
        await requestOf(world.pki, unknown.certificate, unknown.privateKey),
        404,
        'FAILED_NoCertificateAvailable',
      );
    });
  });

  it('has changed nothing, in any table or log', async () => {
    await scene.expectNothingChanged();
  });
});
