import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  type Car,
  type DemoClient,
  type Doors,
} from '@chargegraph/cli';
import { messageFromXmlBase64 } from '@chargegraph/iso15118';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send, type Answer } from '../harness/http.ts';
import { newPcid, publishNewCar } from '../harness/parties.ts';

const iso2 = 'urn:iso:15118:2:2013:MsgDef';
const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/);
const refused = (sentence: unknown, status = 400) => ({
  status,
  json: { errorMessages: [sentence], traceId },
});
const base64Rule = 'must match "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"';
const signPath = '/v1/cps/contractData/signed';
const olderPath = '/v1/cps/signedContractData';
const forwardPath = '/v1/cps/forward/signedContractData';
const generatePath = '/v1/cps/generate/signedContractData';
const der = ({ der: octets }: Certificate): string => Buffer.from(octets).toString('base64');

describe('a mobility operator’s backend that was written for OPCP', () => {
  let world: TestEcosystem;
  let mo: Doors;
  let car: Car;
  const tokens = new Map<DemoClient, string>();

  beforeAll(async () => {
    world = await startTestEcosystem();
    for (const client of ['demo-mo', 'demo-cpo'] as const)
      tokens.set(client, await accessToken(world.url, world.credentials[client]));
    mo = await world.doors('demo-mo');
    car = await publishNewCar(await world.doors('demo-oem'), world.pki);
  });
  afterAll(() => world.stop());

  async function ask(method: string, path: string, body?: object, client: DemoClient = 'demo-mo') {
    const answer: Answer = await send(`${world.url}${path}`, {
      method,
      token: tokens.get(client),
      ...(body !== undefined && { body }),
    });
    return { status: answer.status, json: answer.json };
  }
  const put = (path: string, body: object, client?: DemoClient) => ask('PUT', path, body, client);

  /** Contract data for the car, in both of OPCP's forms. */
  async function contractData(emaid: string) {
    const data = await makeContractData(world.pki, emaid, await lookUpVehicle(mo, car.pcid));
    const [contract, ...subCas] = [data.contractCertificate, ...data.subCaCertificates].map((pem) =>
      der(parseCertificate(pem)),
    );
    const key = {
      contractSignatureEncryptedPrivateKey: data.encryptedPrivateKey,
      dHpublickey: data.dhPublicKey,
    };
    const [subCa1, subCa2] = [world.pki.mo.subCa1, world.pki.mo.subCa2].map(({ certificate }) =>
      der(certificate),
    );
    return {
      newer: {
        ...key,
        contractCertificate: contract,
        contractSubCa2Certificate: subCa2,
        contractSubCa1Certificate: subCa1,
      },
      older: {
        ...key,
        contractSignatureCertChain: {
          contractSignatureCertChainCertificate: contract,
          contractSignatureCertChainSubCertificates: subCas,
        },
        emaid,
      },
    };
  }
  const signerRoot = () => world.pki.v2gRoot.certificate;
  const held = async (emaid: string) =>
    (
      await mo.graphql<{ contract: { pcid: string } | null }>(
        'query ($emaid: EMAID!) { contract(emaid: $emaid) { pcid } }',
        {
          emaid,
        },
      )
    ).contract;
  const emaidIn = (signed: unknown) => {
    const message = messageFromXmlBase64((signed as { signedData: string }).signedData);
    return (message as { body: { emaid: { value: string } } }).body.emaid.value;
  };

  it('has contract data signed and stored with a PCID, and only signed without one', async () => {
    const emaid = makeEmaid();
    const { newer } = await contractData(emaid);
    const root = signerRoot();
    const expected = {
      pcid: null,
      emaid,
      xsdMsgDefNamespace: iso2,
      signedData: expect.any(String),
      cpsV2GRootCertificateFingerprint: root.fingerprint,
      cpsRootDistinguishedName: root.subject.replaceAll(',', ', '),
    };
    const signed = await put(signPath, { contractData: newer, xsdMsgDefNamespace: iso2, pcid: '' });
    expect(signed).toEqual({ status: 201, json: expected });
    expect(emaidIn(signed.json)).toBe(emaid);
    expect(await held(emaid)).toBeNull();

    const [{ rootCertificateId } = { rootCertificateId: '' }] = (
      (await ask('GET', '/v1/root/rootCerts?rootType=v2g')).json as {
        RootCertificateCollection: { rootCertificates: { rootCertificateId: string; fingerprint: string }[] };
      }
    ).RootCertificateCollection.rootCertificates.filter(
      ({ fingerprint }) => fingerprint === root.fingerprint,
    );
    const pcid = car.pcid.toLowerCase();
    for (const cpsV2GRootCertificateFingerprint of [root.fingerprint.toUpperCase(), rootCertificateId]) {
      const body = { contractData: newer, pcid, cpsV2GRootCertificateFingerprint, metaData: 'm' };
      expect(await put(signPath, body)).toEqual({ status: 201, json: { ...expected, pcid, metaData: 'm' } });
    }
    expect(await held(emaid)).toEqual({ pcid: car.pcid });
  });

  it('uses the older calls: one stores and returns nothing, the other returns what the contract pool takes and stores nothing', async () => {
    const emaid = makeEmaid();
    const { older } = await contractData(emaid);
    const request = {
      contractData: older,
      pcid: car.pcid,
      emaid: emaid.toLowerCase(),
      xsdMsgDefNamespace: iso2,
    };
    const signed = await put(olderPath, request);
    expect(signed).toMatchObject({ status: 200, json: { pcid: car.pcid, emaid, xsdMsgDefNamespace: iso2 } });
    expect(emaidIn(signed.json)).toBe(emaid);
    expect(await held(emaid)).toBeNull();
    // What the service hands out is what the contract pool takes.
    const { signedData: signedContractDataXML } = signed.json as { signedData: string };
    const added = { pcid: car.pcid, emaid, xsdMsgDefNamespace: iso2, signedContractDataXML };
    expect(await put('/v1/ccp/signedContractData', added)).toEqual({ status: 201, json: {} });
    expect(await held(emaid)).toEqual({ pcid: car.pcid });
    expect(await put(forwardPath, request)).toEqual({ status: 201, json: {} });
    expect(await held(emaid)).toEqual({ pcid: car.pcid });
    // As OPCP's example of the newer call has it: in the older form.
    expect(await put(signPath, request)).toMatchObject({ status: 201, json: { emaid, pcid: car.pcid } });
  });

  it('is refused in OPCP’s words when it has something signed', async () => {
    const emaid = makeEmaid();
    const { older, newer } = await contractData(emaid);
    const request = { contractData: older, pcid: car.pcid, emaid, xsdMsgDefNamespace: iso2 };
    const chain = older.contractSignatureCertChain;
    const data = (changes: object) => ({ ...request, contractData: { ...older, ...changes } });
    const path = 'contractData.contractSignatureCertChain.contractSignatureCertChainCertificate';
    const noCar = 'The OEM provisioning certificate with the given PCID is not available.';
    const cases: [object, unknown][] = [
      [
        data({ contractSignatureEncryptedPrivateKey: 'a-b' }),
        `contractData.contractSignatureEncryptedPrivateKey : ${base64Rule}`,
      ],
      [
        data({ contractSignatureEncryptedPrivateKey: 'AAAAA' }),
        `contractData.contractSignatureEncryptedPrivateKey : ${base64Rule}`,
      ],
      [data({ dHpublickey: '###' }), `contractData.dHpublickey : ${base64Rule}`],
      [data({ dHpublickey: undefined }), 'contractData.dHpublickey : must not be blank'],
      [
        data({ contractSignatureCertChain: { ...chain, contractSignatureCertChainCertificate: '#' } }),
        `${path} : ${base64Rule}`,
      ],
      [
        data({ contractSignatureCertChain: { ...chain, contractSignatureCertChainCertificate: 'AAAA' } }),
        'Invalid certificate format on contractSignatureCertChainCertificate',
      ],
      [
        data({
          contractSignatureCertChain: { ...chain, contractSignatureCertChainSubCertificates: ['AAAA'] },
        }),
        'Invalid certificate format on contractSignatureCertChainSubCertificates list',
      ],
      [{ ...request, pcid: 'short' }, 'pcid : must match "^[a-zA-Z0-9]{17,18}$"'],
      [{ ...request, emaid: 'x' }, 'emaid : must match "^[A-Za-z]{2}[-]?\\w{3}[-]?\\w{9}[-]?(\\w{1})?$"'],
      [{ ...request, emaid: makeEmaid() }, 'emaid : must be the common name of the contract certificate'],
      [{ ...request, emaid: undefined }, 'emaid : must not be blank'],
      [{ ...request, pcid: newPcid() }, noCar],
      [
        { ...request, cpsV2GRootCertificateFingerprint: 'f'.repeat(64) },
        'The provisioning service has no signer under that V2G root now.',
      ],
    ];
    for (const [body, sentence] of cases) {
      for (const each of [forwardPath, olderPath])
        expect({ body, answer: await put(each, body) }).toEqual({ body, answer: refused(sentence) });
    }
    expect(await put(signPath, { contractData: newer, pcid: newPcid() })).toEqual(refused(noCar, 404));
    const withoutSubCa = { ...newer, contractSubCa1Certificate: ' ' };
    expect(await put(signPath, { contractData: withoutSubCa })).toEqual(
      refused('contractData.contractSubCa1Certificate : must not be blank'),
    );
    const foreign = await contractData('DEXYZC123456789');
    expect(await put(signPath, { contractData: foreign.newer })).toEqual(
      refused('The EMAID does not begin with one of your provider ids.', 403),
    );
    expect(await put(signPath, { contractData: newer }, 'demo-cpo')).toEqual(
      refused(expect.any(String), 403),
    );
    expect(await held(emaid)).toBeNull();
  });

  it('has a contract generated, and generated anew, and is told in OPCP’s words why not', async () => {
    const day = 86_400_000;
    const emaid = makeEmaid();
    const at = (days: number) => new Date(Date.now() + days * day).toISOString();
    const request = {
      contractBegins: at(0),
      // As some backends write it: without fraction and offset.
      contractEnds: at(200).slice(0, 19),
      pcid: car.pcid,
      emaid,
      xsdMsgDefNamespace: iso2,
      subscriptionUrl: 'https://mo.example/hook',
      metaData: null,
    };
    for (const each of [request, request])
      expect(await put(generatePath, each)).toEqual({ status: 201, json: {} });
    expect(await held(emaid)).toEqual({ pcid: car.pcid });

    const other = await publishNewCar(await world.doors('demo-oem'), world.pki);
    const cases: [object, unknown][] = [
      [{ contractEnds: at(-1) }, 'The given contractEnds date is in the past.'],
      [{ contractEnds: 'next year' }, 'The contractEnds does not match the specification'],
      [{ contractBegins: '2026-02-30T00:00:00Z' }, 'The contractBegins does not match the specification'],
      [{ pcid: newPcid() }, 'The OEM provisioning certificate with the given PCID is not available.'],
      [{ pcid: other.pcid }, 'Invalid Tupple - EMAID is already used by other PCID.'],
      [{ emaid: undefined }, 'emaid : must not be blank'],
      [{ xsdMsgDefNamespace: 'urn:x' }, expect.stringMatching(/^xsdMsgDefNamespace : must be one of/)],
    ];
    for (const [changes, sentence] of cases) {
      const answer = await put(generatePath, { ...request, ...changes });
      expect({ changes, answer }).toEqual({ changes, answer: refused(sentence) });
    }
  });

  it('is given the signers on both paths, with the names of OPCP’s schema and of its example', async () => {
    const { leaf, subCa1, subCa2 } = world.pki.cps;
    const root = signerRoot();
    const signers = await ask('GET', '/cps/signer', undefined, 'demo-cpo');
    expect(signers.status).toBe(200);
    expect((signers.json as { cpsCertificates: object[] }).cpsCertificates).toContainEqual({
      cpsDistinguishedName: leaf.certificate.subject.replaceAll(',', ', '),
      cpsCertificate: der(leaf.certificate),
      validFrom: leaf.certificate.notBefore.toISOString(),
      validTo: leaf.certificate.notAfter.toISOString(),
      organizationName: expect.any(String),
      cpsV2GRootCertificateFingerprint: root.fingerprint,
      cpsRootCertificateId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      cpsRootDistinguishedName: root.subject.replaceAll(',', ', '),
      cpsSubCa1Certificate: der(subCa1.certificate),
      cpsSubCa2Certificate: der(subCa2.certificate),
      cpsCa1Certificate: der(subCa1.certificate),
      cpsCa2Certificate: der(subCa2.certificate),
      xsdMsgDefNamespace: iso2,
    });
    expect(await ask('GET', '/v1/cps/signer')).toEqual(signers);
  });
});
