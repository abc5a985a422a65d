import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoProviderId, type Doors } from '@chargegraph/cli';
import {
  decodeIso20Message,
  decodeMessage,
  encodeMessage,
  iso20ContractKeyFits,
  signCertificateUpdateReq,
  signWith,
  unwrapIso20ContractKey,
  verifyIso20MessageSignature,
  verifyMessageSignature,
  type Iso20CertificateInstallationRes,
  type Iso20Message,
} from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueContractCertificate,
  issueProvisioningCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { base64 } from '../harness/car-requests.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send } from '../harness/http.ts';
import { addRoots, iso20RequestOf, publishIso20Car, publishIso20Contract } from '../harness/iso20-parties.ts';
import { newPcid, publishNewCar, signNewContract, type SignedContract } from '../harness/parties.ts';

interface OpcpAnswer {
  readonly CCPResponse?: {
    readonly emaidContent: readonly {
      readonly messageDef: { readonly certificateInstallationRes: string; readonly emaid?: string };
    }[];
  };
  readonly errorMessages?: readonly string[];
}

const emaids = ['0000000000000000000001', '0000000000000000000002'].map(
  (each) => `${demoProviderId}C${each}`,
);
const namespace2013 = 'urn:iso:15118:2:2013:MsgDef';

describe('a charge point operator hands over requests of both editions', () => {
  let world: TestEcosystem;
  let pki20: DemoPki;
  let car20: IssuedCertificate;
  let contract: SignedContract;
  let token: string;

  beforeAll(async () => {
    [world, pki20] = await Promise.all([
      startTestEcosystem(),
      createDemoPki({ now: new Date(), edition: '-20' }),
    ]);
    const oem = await world.doors('demo-oem');
    const mo: Doors = await world.doors('demo-mo');
    token = await accessToken(world.url, world.credentials['demo-cpo']);
    await addRoots(await world.doors('demo-operator'), pki20);
    // One car with a certificate of each edition.
    const car = await publishNewCar(oem, world.pki);
    contract = await signNewContract(mo, world.pki, car);
    car20 = await publishIso20Car(oem, pki20, car.pcid);
    for (const emaid of emaids) await publishIso20Contract(mo, pki20, car20, emaid);
  });
  afterAll(() => world.stop());

  async function post(exi: string, headers: Record<string, string> = {}) {
    const body = { certificateInstallationReq: exi, xsdMsgDefNamespace: namespace2013 };
    const answer = await send(`${world.url}/v1/ccp/signedContractData`, { token, headers, body });
    return { status: answer.status, json: answer.json as OpcpAnswer };
  }
  const messagesOf = ({ json }: { json: OpcpAnswer }) =>
    (json.CCPResponse?.emaidContent ?? []).map(({ messageDef }) => messageDef);
  function readIso20(exi: string | undefined): Iso20Message<Iso20CertificateInstallationRes> {
    const { header, body } = decodeIso20Message(Buffer.from(exi ?? '', 'base64'));
    if (body.type !== 'CertificateInstallationRes') throw new Error(body.type);
    return { header, body };
  }
  const inJson = { alwaysReturnEXI: 'false' };

  it('and gets all contracts of a car of ISO 15118-20, though it declares the namespace of 2013', async () => {
    const sessionId = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
    const prioritized = emaids.slice(1);
    const exi = await iso20RequestOf(pki20, car20, { maximum: 5, prioritized, sessionId });
    const answer = await post(exi);
    expect(answer.status).toBe(200);
    expect(messagesOf(answer).map(({ emaid }) => emaid)).toEqual([...emaids].reverse());
    const responses = messagesOf(answer).map((each) => readIso20(each.certificateInstallationRes));
    expect(responses.map(({ body }) => body.remainingContractCertificateChains)).toEqual([1, 0]);
    for (const message of responses) {
      const { cpsCertificateChain, signedInstallationData: data } = message.body;
      expect(message.header.sessionId).toEqual(sessionId);
      expect(verifyIso20MessageSignature(message, cpsCertificateChain.certificate).valid).toBe(true);
      const { certificate } = data.contractCertificateChain;
      const key = unwrapIso20ContractKey({
        ...data,
        pcid: car20.certificate.commonName ?? '',
        contractCertificate: certificate,
        oemPrivateKey: car20.privateKey,
      });
      expect(iso20ContractKeyFits(key, certificate)).toBe(true);
    }
  });

  it('and gets the negative answers of ISO 15118-20 with the statuses of OPCP', async () => {
    const unknown = await issueProvisioningCertificate(pki20, { pcid: newPcid() });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const rows = [
      [await iso20RequestOf(pki20, unknown, { maximum: 1 }), 404, 'WARNING_NoContractMatchingPCIDFound', 404],
      [await iso20RequestOf(pki20, car20, { maximum: 0 }), 404, 'WARNING_NoCertificateAvailable', 404],
      [
        await iso20RequestOf(pki20, car20, { maximum: 1, signingKey: privateKey }),
        200,
        'FAILED_SignatureError',
        400,
      ],
    ] as const;
    for (const [exi, status, responseCode, jsonStatus] of rows) {
      const answer = await post(exi);
      expect(answer.status).toBe(status);
      const [message, ...others] = messagesOf(answer);
      expect(others).toEqual([]);
      expect(readIso20(message?.certificateInstallationRes).body.responseCode).toBe(responseCode);
      const json = await post(exi, inJson);
      expect(json.status).toBe(jsonStatus);
      expect(json.json.errorMessages).toHaveLength(1);
    }
    const cut = base64(Buffer.from(rows[0][0], 'base64').subarray(0, -20));
    expect(await post(cut)).toMatchObject({
      status: 400,
      json: { errorMessages: ['EXI format is invalid!'] },
    });
  });

  /** A car's CertificateUpdateReq with a former certificate of a contract. */
  async function updateRequest(emaid: string, signingKey?: IssuedCertificate['privateKey']): Promise<string> {
    const now = Date.now();
    const former = await issueContractCertificate(world.pki, {
      emaid,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + 60_000),
    });
    const { issuer, serialNumber } = world.pki.v2gRoot.certificate;
    const message = await signCertificateUpdateReq(
      {
        contractSignatureCertChain: {
          certificate: former.certificate.der,
          subCertificates: [world.pki.mo.subCa2.certificate.der, world.pki.mo.subCa1.certificate.der],
        },
        emaid,
        listOfRootCertificateIDs: [{ x509IssuerName: issuer, x509SerialNumber: serialNumber }],
      },
      { sessionId: Uint8Array.of(1), sign: signWith(signingKey ?? former.privateKey) },
    );
    return base64(encodeMessage(message));
  }
  function readUpdate(answer: { json: OpcpAnswer }) {
    const [message] = messagesOf(answer);
    const { header, body } = decodeMessage(Buffer.from(message?.certificateInstallationRes ?? '', 'base64'));
    if (body.type !== 'CertificateUpdateRes') throw new Error(body.type);
    return { header, body };
  }

  it('and has a contract renewed by a CertificateUpdateReq', async () => {
    const answer = await post(await updateRequest(contract.emaid));
    expect(answer.status).toBe(200);
    expect(messagesOf(answer).map(({ emaid }) => emaid)).toEqual([contract.emaid]);
    const message = readUpdate(answer);
    expect(message.body.responseCode).toBe('OK');
    const signer = message.body.saProvisioningCertificateChain.certificate;
    expect(verifyMessageSignature(message, signer).valid).toBe(true);
  });

  it('and gets the negative answers of CertificateUpdateReq with the statuses of OPCP', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rows = [
      [await updateRequest(`${demoProviderId}C99999998`), 404, 'FAILED_NoCertificateAvailable', 404],
      [await updateRequest(contract.emaid, privateKey), 200, 'FAILED_SignatureError', 400],
    ] as const;
    for (const [exi, status, responseCode, jsonStatus] of rows) {
      const answer = await post(exi);
      expect(answer.status).toBe(status);
      expect(readUpdate(answer).body.responseCode).toBe(responseCode);
      expect((await post(exi, inJson)).status).toBe(jsonStatus);
    }
    expect((await post(rows[0][0], inJson)).json.errorMessages).toEqual(['Contract or Vehicle not found.']);
  });
});
