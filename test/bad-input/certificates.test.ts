import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoKeys, makeContractData, makeEmaid, signerInput } from '@chargegraph/cli';
import {
  issueCertificate,
  issueContractCertificate,
  issueProvisioningCertificate,
  toPem,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { base64 } from '../harness/car-requests.ts';
import { newPcid, publishCarInput } from '../harness/parties.ts';
import { minute, refusal, startScene, type Scene } from './scene.ts';

describe('a certificate that must not be believed', () => {
  let scene: Scene;
  let world: Scene['world'];
  let foreign: Scene['foreign'];
  let car: Scene['car'];
  let vehicle: Scene['vehicle'];

  beforeAll(async () => {
    scene = await startScene();
    ({ world, foreign, car, vehicle } = scene);
  });
  afterAll(() => scene.stop());

  describe('a provisioning certificate', () => {
    const offer = (pki: DemoPki, certificate: IssuedCertificate['certificate'], change: object = {}) =>
      scene.mutate('demo-oem', 'publishProvisioningCertificate', {
        ...publishCarInput(pki, certificate),
        ...change,
      });

    it('of an unknown root is refused', async () => {
      const { certificate } = await issueProvisioningCertificate(foreign, { pcid: newPcid() });
      expect(await offer(foreign, certificate)).toEqual(
        refusal('ROOT_UNKNOWN', expect.any(String) as string, /root/),
      );
    });

    it('that has ended is refused', async () => {
      const { certificate } = await issueProvisioningCertificate(world.pki, {
        pcid: newPcid(),
        notBefore: new Date(Date.now() - 30 * minute),
        notAfter: new Date(Date.now() - minute),
      });
      expect(await offer(world.pki, certificate)).toEqual(
        refusal('CERTIFICATE_EXPIRED', 'vehicleCertificate', /ended|expired|past/i),
      );
    });

    it('that its sub-CA did not issue, or that was changed, is refused', async () => {
      const { certificate } = await issueProvisioningCertificate(foreign, { pcid: newPcid() });
      expect(await offer(world.pki, certificate)).toMatchObject([
        { code: expect.stringMatching(/CHAIN_INVALID|SIGNATURE_INVALID/) },
      ]);
      const der = Buffer.from(
        (await issueProvisioningCertificate(world.pki, { pcid: newPcid() })).certificate.der,
      );
      der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
      expect(await offer(world.pki, certificate, { vehicleCertificate: base64(der) })).toMatchObject([
        { code: expect.stringMatching(/CHAIN_INVALID|SIGNATURE_INVALID|CERTIFICATE_INVALID/) },
      ]);
    });

    it('of another maker’s car is refused', async () => {
      const { certificate } = await issueProvisioningCertificate(world.pki, { pcid: newPcid('XYZ') });
      await expect(offer(world.pki, certificate)).rejects.toThrow(/world manufacturer|WMI/i);
    });

    it('that is none is refused, naming the field', async () => {
      expect(await offer(world.pki, car.provisioningCertificate, { subCa1Certificate: 'nonsense' })).toEqual(
        refusal(
          'CERTIFICATE_INVALID',
          'subCa1Certificate',
          /^Invalid certificate format on subCa1Certificate/,
        ),
      );
    });
  });

  describe('contract data to be signed', () => {
    const sign = async (
      pki: DemoPki,
      dates: { notBefore?: Date; notAfter?: Date } = {},
      change: object = {},
    ) => {
      const emaid = makeEmaid();
      const { certificate } = await issueContractCertificate(pki, {
        emaid,
        notBefore: dates.notBefore ?? new Date(Date.now() - minute),
        notAfter: dates.notAfter ?? new Date(Date.now() + 60 * minute),
      });
      const data = await makeContractData(pki, emaid, vehicle);
      return await scene.mutate('demo-mo', 'signContractData', {
        ...data,
        contractCertificate: toPem(certificate),
        pcid: car.pcid,
        ...change,
      });
    };

    it('of an unknown root is refused', async () => {
      expect(await sign(foreign)).toEqual(refusal('ROOT_UNKNOWN', expect.any(String) as string, /root/));
    });

    it('that has ended is refused', async () => {
      const ended = {
        notBefore: new Date(Date.now() - 30 * minute),
        notAfter: new Date(Date.now() - minute),
      };
      expect(await sign(world.pki, ended)).toEqual(
        refusal('CERTIFICATE_EXPIRED', 'contractCertificate', /past/),
      );
    });

    it('with a point that is not on the curve, or a key of a wrong size, is refused', async () => {
      const point = Buffer.alloc(65, 1);
      point[0] = 4;
      expect(await sign(world.pki, {}, { dhPublicKey: base64(point) })).toEqual(
        refusal('BAD_INPUT', 'dhPublicKey', /P-256/),
      );
      expect(await sign(world.pki, {}, { encryptedPrivateKey: base64(Buffer.alloc(47)) })).toEqual(
        refusal('BAD_INPUT', 'encryptedPrivateKey', /48/),
      );
    });

    it('of another operator’s contract is refused', async () => {
      const { certificate } = await issueContractCertificate(world.pki, {
        emaid: 'DEXYZC00000001',
        notBefore: new Date(Date.now() - minute),
        notAfter: new Date(Date.now() + 60 * minute),
      });
      await expect(sign(world.pki, {}, { contractCertificate: toPem(certificate) })).rejects.toThrow(
        /provider id/,
      );
    });
  });

  describe('a signer', () => {
    it('of an unknown root is refused', async () => {
      expect(
        await scene.mutate('demo-operator', 'addCpsSigner', signerInput(foreign, demoKeys.iso2.signer)),
      ).toMatchObject([{ code: expect.stringMatching(/ROOT_UNKNOWN|KEY_MISMATCH/) }]);
    });

    it('that has ended is refused', async () => {
      const { subCa2, leaf } = world.pki.cps;
      const certificate = await issueCertificate({
        subject: {
          commonName: 'Demo CPS',
          organization: 'ChargeGraph Demo',
          country: 'DE',
          domainComponent: 'CPS',
        },
        publicKey: leaf.certificate.publicKey,
        issuer: subCa2.certificate,
        signingKey: subCa2.privateKey,
        notBefore: new Date(Date.now() - 30 * minute),
        notAfter: new Date(Date.now() - minute),
        ca: false,
        keyUsage: ['digitalSignature'],
      });
      const input = { ...signerInput(world.pki, demoKeys.iso2.signer), certificate: toPem(certificate) };
      expect(await scene.mutate('demo-operator', 'addCpsSigner', input)).toEqual(
        refusal('CERTIFICATE_EXPIRED', 'certificate', /./),
      );
    });
  });

  it('a root that is not signed by itself, or has ended, is refused', async () => {
    const sub = { certificate: toPem(world.pki.oem.subCa1.certificate), type: 'OEM' };
    expect(await scene.mutate('demo-operator', 'addRootCertificate', sub)).toMatchObject([
      { code: expect.any(String), path: ['input', 'certificate'] },
    ]);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ended = await issueCertificate({
      subject: {
        commonName: 'Old Root',
        organization: 'ChargeGraph Demo',
        country: 'DE',
        domainComponent: 'V2G',
      },
      publicKey,
      signingKey: privateKey,
      notBefore: new Date(Date.now() - 60 * minute),
      notAfter: new Date(Date.now() - minute),
      ca: {},
      keyUsage: ['keyCertSign', 'cRLSign'],
    });
    expect(
      await scene.mutate('demo-operator', 'addRootCertificate', { certificate: toPem(ended), type: 'V2G' }),
    ).toEqual(refusal('CERTIFICATE_EXPIRED', 'certificate', /./));
  });

  it('has changed nothing, in any table or log', async () => {
    await scene.expectNothingChanged();
  });
});
