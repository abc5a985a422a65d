import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoKeys, makeContractData, makeEmaid, signerInput } from '@chargegraph/cli';
import { decodeMessage, encodeMessage } from '@chargegraph/iso15118';
import { issueProvisioningCertificate, toPem } from '@chargegraph/pki';
import { base64, requestOf } from '../harness/car-requests.ts';
import { signOutside } from '../harness/contract-data.ts';
import { newPcid, publishCarInput } from '../harness/parties.ts';
import { minute, mutations, parties, refusal, startScene, type Scene } from './scene.ts';

describe('what is sent by those who may not, or signed by those who are not trusted', () => {
  let scene: Scene;
  let world: Scene['world'];
  let foreign: Scene['foreign'];
  let doors: Scene['doors'];
  let car: Scene['car'];
  let vehicle: Scene['vehicle'];
  let contract: Scene['contract'];
  let carKey: Scene['carKey'];

  beforeAll(async () => {
    scene = await startScene();
    ({ world, foreign, doors, car, vehicle, contract, carKey } = scene);
  });
  afterAll(() => scene.stop());

  describe('signed contract data', () => {
    /** Offers it as a new contract and as a renewal. */
    const offer = async (make: (emaid: string) => Promise<string>) => ({
      published: await scene.mutate('demo-mo', 'publishContract', {
        signedContractData: await make(makeEmaid()),
        pcid: car.pcid,
      }),
      updated: await scene.mutate('demo-mo', 'updateContract', {
        signedContractData: await make(contract.emaid),
        emaid: contract.emaid,
      }),
    });
    const both = (expected: unknown) => ({ published: expected, updated: expected });
    const outside = (change: object) => (emaid: string) =>
      signOutside({ emaid, car: car.provisioningCertificate, mo: world.pki, cps: world.pki, ...change });

    it('that was tampered with is refused, in each of its signed elements and in the signature', async () => {
      const { body, header } = decodeMessage(Buffer.from(await outside({})(contract.emaid), 'base64'));
      if (body.type !== 'CertificateInstallationRes' || header.signature === undefined)
        throw new Error('unexpected');
      const flip = (octets: Uint8Array, at = octets.length - 1) =>
        octets.map((octet, i) => (i === at ? octet ^ 1 : octet));
      const chain = body.contractSignatureCertChain;
      const tampered = [
        {
          header,
          body: {
            ...body,
            contractSignatureEncryptedPrivateKey: {
              ...body.contractSignatureEncryptedPrivateKey,
              value: flip(body.contractSignatureEncryptedPrivateKey.value),
            },
          },
        },
        { header, body: { ...body, emaid: { ...body.emaid, value: makeEmaid() } } },
        {
          header,
          body: {
            ...body,
            contractSignatureCertChain: {
              ...chain,
              subCertificates: [...(chain.subCertificates ?? [])].reverse(),
            },
          },
        },
        {
          header: {
            ...header,
            signature: { ...header.signature, signatureValue: flip(header.signature.signatureValue) },
          },
          body,
        },
      ];
      for (const message of tampered) {
        const signedContractData = base64(encodeMessage(message));
        expect(
          await scene.mutate('demo-mo', 'publishContract', { signedContractData, pcid: car.pcid }),
        ).toEqual(refusal('SIGNATURE_INVALID', 'signedContractData', /signature/));
        expect(
          await scene.mutate('demo-mo', 'updateContract', { signedContractData, emaid: contract.emaid }),
        ).toEqual(refusal('SIGNATURE_INVALID', 'signedContractData', /signature/));
      }
    });

    it('of a provisioning service under an unknown root is refused', async () => {
      expect(await offer(outside({ cps: foreign }))).toEqual(
        both(refusal('ROOT_UNKNOWN', 'signedContractData', /root/)),
      );
    });

    it('of an operator under an unknown root is refused', async () => {
      expect(await offer(outside({ mo: foreign }))).toEqual(
        both(refusal('ROOT_UNKNOWN', 'signedContractData', /root/)),
      );
    });

    it('whose contract certificate has ended is refused', async () => {
      const ended = {
        notBefore: new Date(Date.now() - 30 * minute),
        notAfter: new Date(Date.now() - minute),
      };
      expect(await offer(outside(ended))).toEqual(
        both(refusal('CERTIFICATE_EXPIRED', 'signedContractData', /./)),
      );
    });

    it('for a car that is not there is refused', async () => {
      const signedContractData = await outside({})(makeEmaid());
      expect(
        await scene.mutate('demo-mo', 'publishContract', { signedContractData, pcid: newPcid() }),
      ).toEqual(refusal('NOT_FOUND', 'pcid', /PCID/));
    });
  });

  it('every mutation refuses every role that it is not for', async () => {
    const inputs: Record<string, object> = {
      addRootCertificate: { certificate: toPem(foreign.v2gRoot.certificate), type: 'V2G' },
      publishProvisioningCertificate: publishCarInput(
        world.pki,
        (await issueProvisioningCertificate(world.pki, { pcid: newPcid() })).certificate,
      ),
      addCpsSigner: signerInput(world.pki, demoKeys.iso2.signer),
      signContractData: { ...(await makeContractData(world.pki, makeEmaid(), vehicle)), pcid: car.pcid },
      publishContract: {
        signedContractData: await signOutside({
          emaid: makeEmaid(),
          car: car.provisioningCertificate,
          mo: world.pki,
          cps: world.pki,
        }),
        pcid: car.pcid,
      },
      updateContract: contract,
      deleteContract: { emaid: contract.emaid },
      requestCertificateInstallation: {
        certificateInstallationReq: await requestOf(world.pki, carKey.certificate, carKey.privateKey),
      },
    };
    for (const [name, { for: allowed }] of Object.entries(mutations)) {
      for (const client of parties.filter((party) => !allowed.includes(party))) {
        const refused = scene.mutate(client, name, inputs[name] ?? {});
        await expect(refused, `${client} ${name}`).rejects.toThrow(
          `None of your roles may use Mutation.${name}.`,
        );
      }
    }
    const forOthers = ['demo-oem', 'demo-mo', 'demo-cps', 'demo-operator'] as const;
    for (const client of forOthers.slice(1)) {
      const { status } = await doors[client].rest(
        'POST',
        '/v1/ccp/signedContractData',
        inputs['requestCertificateInstallation'],
      );
      expect({ client, status }).toEqual({ client, status: 403 });
    }
  });

  it('has changed nothing, in any table or log', async () => {
    await scene.expectNothingChanged();
  });
});
