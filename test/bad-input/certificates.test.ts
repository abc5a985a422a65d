import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  demoSignerKey,
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  signerInput,
  type Car,
  type DemoClient,
  type Doors,
  type FoundVehicle,
} from '@chargegraph/cli';
import { decodeMessage, encodeMessage } from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueCertificate,
  issueContractCertificate,
  issueProvisioningCertificate,
  toPem,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { base64, requestMessage, requestOf } from '../harness/car-requests.ts';
import { signOutside } from '../harness/contract-data.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import {
  newPcid,
  publishCarInput,
  publishNewCar,
  signNewContract,
  type SignedContract,
  type UserError,
} from '../harness/parties.ts';
import { snapshotOf, type Snapshot } from '../harness/snapshot.ts';
import { pause } from '../harness/wait.ts';

const minute = 60_000;
const parties = ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps', 'demo-operator'] as const;

/** What each mutation takes, and who may use it. */
const mutations: Record<string, { readonly input: string; readonly for: readonly DemoClient[] }> = {
  addRootCertificate: { input: 'AddRootCertificateInput', for: ['demo-operator'] },
  publishProvisioningCertificate: { input: 'PublishProvisioningCertificateInput', for: ['demo-oem'] },
  addCpsSigner: { input: 'AddCpsSignerInput', for: ['demo-operator'] },
  signContractData: { input: 'SignContractDataInput', for: ['demo-mo'] },
  publishContract: { input: 'PublishContractInput', for: ['demo-mo', 'demo-cps'] },
  updateContract: { input: 'UpdateContractInput', for: ['demo-mo', 'demo-cps'] },
  deleteContract: { input: 'DeleteContractInput', for: ['demo-mo', 'demo-operator'] },
  requestCertificateInstallation: {
    input: 'RequestCertificateInstallationInput',
    for: ['demo-oem', 'demo-cpo'],
  },
};

describe('certificates and messages that must not be believed', () => {
  let world: TestEcosystem;
  /** Of the same names as the ecosystem's, with other keys. */
  let foreign: DemoPki;
  let doors: Record<DemoClient, Doors>;
  let car: Car;
  let carKey: IssuedCertificate;
  let vehicle: FoundVehicle;
  let contract: SignedContract;
  let ending: IssuedCertificate;
  let before: Snapshot;

  beforeAll(async () => {
    [world, foreign] = await Promise.all([startTestEcosystem(), createDemoPki({ now: new Date() })]);
    const opened = await Promise.all(parties.map(async (name) => [name, await world.doors(name)] as const));
    doors = Object.fromEntries(opened) as Record<DemoClient, Doors>;
    carKey = await issueProvisioningCertificate(world.pki, { pcid: newPcid() });
    await publish(carKey);
    car = await publishNewCar(doors['demo-oem'], world.pki);
    vehicle = await lookUpVehicle(doors['demo-mo'], car.pcid);
    contract = await signNewContract(doors['demo-mo'], world.pki, car);
    await signNewContract(doors['demo-mo'], world.pki, { pcid: carKey.certificate.commonName ?? '' });
    ending = await issueProvisioningCertificate(world.pki, {
      pcid: newPcid(),
      notAfter: new Date(Date.now() + 4_000),
    });
    await publish(ending);
    before = await snapshotOf(world.databaseUrl);
  });
  afterAll(() => world.stop());

  const publish = async ({ certificate }: IssuedCertificate): Promise<void> => {
    const refusals = await mutate(
      'demo-oem',
      'publishProvisioningCertificate',
      publishCarInput(world.pki, certificate),
    );
    if (refusals.length > 0) throw new Error(JSON.stringify(refusals));
  };

  /** Runs a mutation; resolves with its refusals. */
  async function mutate(client: DemoClient, name: string, input: object): Promise<readonly UserError[]> {
    const type = mutations[name]?.input ?? '';
    const answer = await doors[client].graphql<Record<string, { userErrors: UserError[] }>>(
      `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message path code } } }`,
      { input },
    );
    return answer[name]?.userErrors ?? [];
  }

  /** One refusal that names field and rule. */
  const refusal = (code: string, field: string | null, rule: RegExp): unknown => [
    { code, path: field === null ? null : ['input', field], message: expect.stringMatching(rule) as string },
  ];

  /** Posts a car's request as the CPO. */
  const install = (exi: string) =>
    doors['demo-cpo'].rest('POST', '/v1/ccp/signedContractData', { certificateInstallationReq: exi });
  /** Expects the negative EXI with this response code. */
  const refusedInExi = async (exi: string, status: number, responseCode: string): Promise<void> => {
    const answer = await install(exi);
    const body = answer.body as {
      CCPResponse: { emaidContent: [{ messageDef: { certificateInstallationRes: string } }] };
    };
    const { certificateInstallationRes } = body.CCPResponse.emaidContent[0].messageDef;
    const message = decodeMessage(Buffer.from(certificateInstallationRes, 'base64'));
    expect({
      status: answer.status,
      code: message.body.type === 'CertificateInstallationRes' && message.body.responseCode,
    }).toEqual({ status, code: responseCode });
    expect(message.header.signature).toBeUndefined();
  };

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
        expect(await install(exi)).toEqual({
          status: 400,
          body: {
            errorMessages: ['EXI format is invalid!'],
            traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          },
        });
      }
      const cut = await requestOf(world.pki, carKey.certificate, carKey.privateKey);
      expect(await install(base64(Buffer.from(cut, 'base64').subarray(0, -20)))).toMatchObject({
        status: 400,
        body: { errorMessages: ['EXI format is invalid!'] },
      });
    });

    it('is refused as such in GraphQL, as a request and as contract data', async () => {
      for (const exi of ['gA==', 'AAAA']) {
        expect(
          await mutate('demo-cpo', 'requestCertificateInstallation', { certificateInstallationReq: exi }),
        ).toEqual(refusal('EXI_INVALID', 'certificateInstallationReq', /EXI/));
        expect(
          await mutate('demo-mo', 'publishContract', { signedContractData: exi, pcid: car.pcid }),
        ).toEqual(refusal('EXI_INVALID', 'signedContractData', /EXI/));
        expect(
          await mutate('demo-mo', 'updateContract', { signedContractData: exi, emaid: contract.emaid }),
        ).toEqual(refusal('EXI_INVALID', 'signedContractData', /EXI/));
      }
    });

    it('is too long for any message, and is not repeated to whoever sent it', async () => {
      const signedContractData = base64(Buffer.alloc(400_000, 0x80));
      const refused = mutate('demo-mo', 'publishContract', { signedContractData, pcid: car.pcid });
      await expect(refused).rejects.toThrow(/^.{0,600}signedContractData.{0,600}too long\.$/);
    });

    it('is a message of the other kind, too', async () => {
      expect(await install(contract.signedContractData)).toMatchObject({
        status: 400,
        body: {
          errorMessages: ['The message is a CertificateInstallationRes, not a CertificateInstallationReq.'],
        },
      });
      const request = await requestOf(world.pki, carKey.certificate, carKey.privateKey);
      expect(
        await mutate('demo-mo', 'publishContract', { signedContractData: request, pcid: car.pcid }),
      ).toEqual(refusal('EXI_INVALID', 'signedContractData', /./));
    });
  });

  describe('a car’s request', () => {
    it('delivers when all holds, so that the refusals below have their own reasons', async () => {
      expect(await install(await requestOf(world.pki, carKey.certificate, carKey.privateKey))).toMatchObject({
        status: 200,
        body: { CCPResponse: { emaidContent: [{ messageDef: { emaid: expect.stringMatching(/^EMP99/) } }] } },
      });
    });

    it('with a tampered signature or body is answered FAILED_SignatureError', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await refusedInExi(
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
      await refusedInExi(base64(encodeMessage(twice)), 200, 'FAILED_SignatureError');
      const { signature, ...header } = message.header;
      expect(signature).toBeDefined();
      await refusedInExi(base64(encodeMessage({ ...message, header })), 200, 'FAILED_SignatureError');
    });

    it('with a certificate of an unknown root is answered FAILED_CertChainError, the key being right', async () => {
      const { certificate } = await issueProvisioningCertificate(foreign, {
        pcid: carKey.certificate.commonName ?? '',
        publicKey: carKey.certificate.publicKey,
      });
      await refusedInExi(
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
      await refusedInExi(
        await requestOf(world.pki, past.certificate, carKey.privateKey),
        200,
        'FAILED_CertificateExpired',
      );
      // And the very certificate that PCP holds, once it has ended.
      await pause(Math.max(0, ending.certificate.notAfter.getTime() - Date.now()) + 50);
      await refusedInExi(
        await requestOf(world.pki, ending.certificate, ending.privateKey),
        200,
        'FAILED_CertificateExpired',
      );
    });

    it('of a car that nobody published is answered FAILED_NoCertificateAvailable with 404', async () => {
      const unknown = await issueProvisioningCertificate(world.pki, { pcid: newPcid() });
      await refusedInExi(
        await requestOf(world.pki, unknown.certificate, unknown.privateKey),
        404,
        'FAILED_NoCertificateAvailable',
      );
    });
  });

  describe('a provisioning certificate', () => {
    const offer = (pki: DemoPki, certificate: IssuedCertificate['certificate'], change: object = {}) =>
      mutate('demo-oem', 'publishProvisioningCertificate', {
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
      return await mutate('demo-mo', 'signContractData', {
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

  describe('signed contract data', () => {
    /** Offers it as a new contract and as a renewal. */
    const offer = async (make: (emaid: string) => Promise<string>) => ({
      published: await mutate('demo-mo', 'publishContract', {
        signedContractData: await make(makeEmaid()),
        pcid: car.pcid,
      }),
      updated: await mutate('demo-mo', 'updateContract', {
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
        expect(await mutate('demo-mo', 'publishContract', { signedContractData, pcid: car.pcid })).toEqual(
          refusal('SIGNATURE_INVALID', 'signedContractData', /signature/),
        );
        expect(
          await mutate('demo-mo', 'updateContract', { signedContractData, emaid: contract.emaid }),
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
      expect(await mutate('demo-mo', 'publishContract', { signedContractData, pcid: newPcid() })).toEqual(
        refusal('NOT_FOUND', 'pcid', /PCID/),
      );
    });
  });

  describe('a signer', () => {
    it('of an unknown root is refused', async () => {
      expect(
        await mutate('demo-operator', 'addCpsSigner', signerInput(foreign, demoSignerKey)),
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
      const input = { ...signerInput(world.pki, demoSignerKey), certificate: toPem(certificate) };
      expect(await mutate('demo-operator', 'addCpsSigner', input)).toEqual(
        refusal('CERTIFICATE_EXPIRED', 'certificate', /./),
      );
    });
  });

  it('a root that is not signed by itself, or has ended, is refused', async () => {
    const sub = { certificate: toPem(world.pki.oem.subCa1.certificate), type: 'OEM' };
    expect(await mutate('demo-operator', 'addRootCertificate', sub)).toMatchObject([
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
      await mutate('demo-operator', 'addRootCertificate', { certificate: toPem(ended), type: 'V2G' }),
    ).toEqual(refusal('CERTIFICATE_EXPIRED', 'certificate', /./));
  });

  it('every mutation refuses every role that it is not for', async () => {
    const inputs: Record<string, object> = {
      addRootCertificate: { certificate: toPem(foreign.v2gRoot.certificate), type: 'V2G' },
      publishProvisioningCertificate: publishCarInput(
        world.pki,
        (await issueProvisioningCertificate(world.pki, { pcid: newPcid() })).certificate,
      ),
      addCpsSigner: signerInput(world.pki, demoSignerKey),
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
        const refused = mutate(client, name, inputs[name] ?? {});
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

  it('nothing has changed, in any table or log', async () => {
    expect(await snapshotOf(world.databaseUrl)).toEqual(before);
  });
});
