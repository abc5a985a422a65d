import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail } from '@chargegraph/audit/testing';
import { demoProviderId, type Car, type DemoClient } from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { decodeMessage, messageToXmlBase64 } from '@chargegraph/iso15118';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send, type Answer } from '../harness/http.ts';
import { addRoots, publishIso20Car, publishIso20Contract } from '../harness/iso20-parties.ts';
import { newPcid, publishNewCar, signNewContract, type SignedContract } from '../harness/parties.ts';

const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/);
const refusal = (sentence: unknown) => ({ errorMessages: [sentence], traceId });
const noContract = 'The contract for the given EMAID not found.';
const emaidSentence = String.raw`emaid : must match "^[A-Za-z]{2}[-]?\w{3}[-]?\w{9}[-]?(\w{1})?$"`;
const pcidSentence = 'pcid : must match "^[a-zA-Z0-9]{17,18}$"';
const iso2 = 'urn:iso:15118:2:2013:MsgDef';
const iso20 = 'urn:iso:15118:20:2022:MsgDef';

interface Entry {
  readonly emaid: string;
  readonly xsdMsgDefNamespace: string;
  readonly defaultContract: boolean;
  readonly cpsV2GRootCertificateFingerprint: string;
}

describe('a backend that was written for OPCP', () => {
  let world: TestEcosystem;
  let car: Car;
  let otherCar: Car;
  /** Of both generations, the car's first. */
  let contract: SignedContract;
  let second: SignedContract;
  const tokens = new Map<DemoClient, string>();

  beforeAll(async () => {
    world = await startTestEcosystem();
    for (const client of ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-cps', 'demo-operator'] as const)
      tokens.set(client, await accessToken(world.url, world.credentials[client]));
    const [oem, mo] = [await world.doors('demo-oem'), await world.doors('demo-mo')];
    car = await publishNewCar(oem, world.pki);
    otherCar = await publishNewCar(oem, world.pki);
    contract = await signNewContract(mo, world.pki, car);
    second = await signNewContract(mo, world.pki, car);
    await addRoots(await world.doors('demo-operator'), world.pkis.iso20);
    const car20 = await publishIso20Car(oem, world.pkis.iso20, car.pcid);
    await publishIso20Contract(mo, world.pkis.iso20, car20, contract.emaid);
  });
  afterAll(() => world.stop());

  const ask = (
    client: DemoClient,
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer> =>
    send(`${world.url}/v1/ccp/${path}`, {
      method,
      token: tokens.get(client),
      ...(body !== undefined && { body }),
      ...(headers !== undefined && { headers }),
    });
  const entriesOf = ({ json }: Answer) => (json as { XMLContracts: Entry[] }).XMLContracts;
  const list = async (query = '') =>
    entriesOf(await ask('demo-oem', 'GET', `signedContractData/${car.pcid}${query}`));

  it('has its refused writes recorded under the trace ids that it was shown, as by GraphQL', async () => {
    const refused = [
      await ask('demo-cpo', 'DELETE', `signedContractData/${contract.emaid}`),
      await ask('demo-mo', 'DELETE', `signedContractData/${demoProviderId}C99999997`),
      await ask('demo-mo', 'PUT', 'signedContractData', {
        emaid: contract.emaid,
        pcid: car.pcid,
        xsdMsgDefNamespace: iso2,
        signedContractDataXML: 'gJgC',
      }),
    ].map(({ json }) => (json as { traceId: string }).traceId);
    const database = createDatabase({ url: world.databaseUrl, schema: 'ccp', logger: silentLogger, max: 1 });
    const recorded = async () => {
      const trail = (await auditTrail(database)).filter((entry) => refused.includes(entry.traceId));
      return trail.map(({ clientId, action, outcome, code }) => [clientId, action, outcome, code]).sort();
    };
    try {
      await expect.poll(recorded, { timeout: 10_000 }).toEqual([
        ['demo-cpo', 'deleteContract', 'REFUSED', 'FORBIDDEN'],
        ['demo-mo', 'deleteContract', 'REFUSED', 'NOT_FOUND'],
        ['demo-mo', 'publishContract', 'REFUSED', 'EXI_INVALID'],
      ]);
    } finally {
      await database.close();
    }
  });

  it('looks a contract up, in one generation, with what is written in its certificate', async () => {
    const { certificate } = world.pki.v2gRoot;
    for (const path of [
      contract.emaid,
      contract.emaid.toLowerCase(),
      `${contract.emaid}?xsdMsgDefNamespace=${iso2}`,
    ]) {
      const answer = await ask('demo-mo', 'GET', `lookupContract/${path}`);
      expect({ path, status: answer.status, json: answer.json }).toEqual({
        path,
        status: 200,
        json: {
          XMLContracts: [
            {
              pcid: car.pcid,
              emaid: contract.emaid,
              xsdMsgDefNamespace: iso2,
              contractCertificate: expect.stringMatching(/^MII[A-Za-z0-9+/]+=*$/),
              defaultContract: true,
              certValidFrom: expect.stringMatching(/Z$/),
              certValidTo: expect.stringMatching(/Z$/),
              cpsRootCertificateDN: certificate.subject.replaceAll(',', ', '),
              cpsV2GRootCertificateFingerprint: certificate.fingerprint,
            },
          ],
        },
      });
    }
    const later = await ask(
      'demo-oem',
      'GET',
      `lookupContract/${contract.emaid}?xsdMsgDefNamespace=${iso20}`,
    );
    expect(entriesOf(later).map(({ xsdMsgDefNamespace }) => xsdMsgDefNamespace)).toEqual([iso20]);
    const colons = certificate.fingerprint.toUpperCase().match(/../g)?.join(':') ?? '';
    const byRoot = `lookupContract/${contract.emaid}?cpsV2GRootCertificateFingerprint=`;
    const held = await send(`${world.url}/v1/root/rootCerts/${certificate.fingerprint}`, {
      method: 'GET',
      token: tokens.get('demo-mo'),
    });
    const { rootCertificateId } = (held.json as { RootResponse: { rootCertificateId: string } }).RootResponse;
    for (const root of [colons, rootCertificateId, ''])
      expect(entriesOf(await ask('demo-mo', 'GET', `${byRoot}${root}`))).toHaveLength(1);
    for (const [path, status, sentence] of [
      [`${byRoot}${'0'.repeat(64)}`, 404, noContract],
      [
        `${byRoot}896b6655-180e-4304-b642-606bb00df8f0`,
        404,
        'Root certificate with the given ID is not found',
      ],
      [`lookupContract/${demoProviderId}C99999999`, 404, noContract],
      ['lookupContract/DE-8AA', 400, emaidSentence],
      [`lookupContract/${contract.emaid}%2Fx`, 400, emaidSentence],
      [`lookupContract/${contract.emaid}%00`, 400, emaidSentence],
      [
        `lookupContract/${contract.emaid}?xsdMsgDefNamespace=3`,
        400,
        expect.stringMatching(/^xsdMsgDefNamespace : /),
      ],
    ] as const) {
      const answer = await ask('demo-mo', 'GET', path);
      expect({ path, status: answer.status, json: answer.json }).toEqual({
        path,
        status,
        json: refusal(sentence),
      });
    }
    expect((await ask('demo-cpo', 'GET', `lookupContract/${contract.emaid}`)).status).toBe(403);
  });

  it('lists the contracts of an own car, and of no other one', async () => {
    expect((await list()).map(({ emaid, xsdMsgDefNamespace }) => [emaid, xsdMsgDefNamespace])).toEqual([
      [contract.emaid, iso2],
      [second.emaid, iso2],
    ]);
    expect((await list(`?xsdMsgDefNamespace=${iso20}`)).map(({ emaid }) => emaid)).toEqual([contract.emaid]);
    for (const pcid of [otherCar.pcid, newPcid(), newPcid('XYZ')]) {
      const answer = await ask('demo-oem', 'GET', `signedContractData/${pcid}`);
      expect([answer.status, answer.json]).toEqual([200, { XMLContracts: [] }]);
    }
    for (const client of ['demo-mo', 'demo-cpo'] as const) {
      const answer = await ask(client, 'GET', `signedContractData/${car.pcid}`);
      expect([answer.status, answer.json]).toEqual([
        403,
        refusal("None of your roles may list a car's contracts."),
      ]);
    }
    const wrong = await ask('demo-oem', 'GET', `signedContractData/${contract.emaid}`);
    expect([wrong.status, wrong.json]).toEqual([400, refusal(pcidSentence)]);
  });

  it('makes a contract the default, in all of its generations', async () => {
    const isDefault = async () =>
      Object.fromEntries(
        [...(await list()), ...(await list(`?xsdMsgDefNamespace=${iso20}`))].map((each) => [
          `${each.emaid} ${each.xsdMsgDefNamespace}`,
          each.defaultContract,
        ]),
      );
    const path = (pcid: string, emaid: string) => `signedContractData/${pcid}/${emaid}/default`;
    const done = await ask('demo-oem', 'POST', path(car.pcid, second.emaid));
    expect([done.status, done.json]).toEqual([200, {}]);
    expect(await isDefault()).toEqual({
      [`${contract.emaid} ${iso2}`]: false,
      [`${second.emaid} ${iso2}`]: true,
      [`${contract.emaid} ${iso20}`]: true,
    });
    expect((await ask('demo-oem', 'POST', path(car.pcid.toLowerCase(), contract.emaid))).status).toBe(200);
    expect(await isDefault()).toMatchObject({ [`${contract.emaid} ${iso2}`]: true });
    const ofAnother = await ask('demo-oem', 'POST', path(otherCar.pcid, contract.emaid));
    expect([ofAnother.status, ofAnother.json]).toEqual([404, refusal(noContract)]);
    const without = await ask(
      'demo-oem',
      'POST',
      `${path(car.pcid, second.emaid)}?xsdMsgDefNamespace=${iso20}`,
    );
    expect([without.status, without.json]).toEqual([404, refusal(noContract)]);
    expect((await ask('demo-mo', 'POST', path(car.pcid, contract.emaid))).status).toBe(403);
    expect((await ask('demo-oem', 'POST', path('short', contract.emaid))).json).toEqual(
      refusal(pcidSentence),
    );
  });

  it('is handed a contract with the session id it names', async () => {
    const path = (query = '') => `provideSignedContractData/${contract.emaid}/${car.pcid}${query}`;
    for (const [query, sessionId] of [
      ['', '00'],
      ['?sessionID=', '00'],
      ['?sessionID=0102030405060708', '0102030405060708'],
    ] as const) {
      const answer = await ask('demo-oem', 'GET', path(query));
      expect(answer.json).toEqual({
        certificateInstallationRes: expect.any(String),
        xsdMsgDefNamespace: iso2,
        cpsV2GRootCertificateFingerprint: world.pki.v2gRoot.certificate.fingerprint,
      });
      const { certificateInstallationRes: exi } = answer.json as { certificateInstallationRes: string };
      const { header } = decodeMessage(Buffer.from(exi, 'base64'));
      expect(Buffer.from(header.sessionId).toString('hex')).toBe(sessionId);
    }
    const later = await ask('demo-oem', 'GET', path(`?xsdMsgDefNamespace=${iso20}`));
    expect(later.json).toMatchObject({ xsdMsgDefNamespace: iso20 });
    const badSession =
      'Invalid SessionID format, make sure the length is maximum 8 characters and it is represented in HEX binary';
    const bad = await ask('demo-oem', 'GET', path('?sessionID=xyz'));
    expect([bad.status, bad.json]).toEqual([400, refusal(badSession)]);
    const ofAnother = await ask(
      'demo-oem',
      'GET',
      `provideSignedContractData/${contract.emaid}/${otherCar.pcid}`,
    );
    expect([ofAnother.status, ofAnother.json]).toEqual([404, refusal(noContract)]);
    expect((await ask('demo-mo', 'GET', path())).status).toBe(403);
  });

  it('adds signed data in EXI or XML, as what it says it is', async () => {
    const message = decodeMessage(Buffer.from(contract.signedContractData, 'base64'));
    const xml = messageToXmlBase64(message).replace(/.{76}/g, '$&\n');
    const { fingerprint } = world.pki.v2gRoot.certificate;
    const body = {
      xsdMsgDefNamespace: iso2,
      emaid: contract.emaid,
      pcid: car.pcid,
      signedContractDataXML: contract.signedContractData,
    };
    for (const [client, changes] of [
      ['demo-cps', {}],
      ['demo-mo', { xsdMsgDefNamespace: iso20, metadata: null, other: [] }],
      ['demo-mo', { signedContractDataXML: xml, cpsV2GRootCertificateFingerprint: fingerprint }],
    ] as const) {
      const answer = await ask(client, 'PUT', 'signedContractData', { ...body, ...changes });
      expect([answer.status, answer.json]).toEqual([201, {}]);
    }
    for (const [changes, status, sentence] of [
      [{ emaid: second.emaid }, 400, `The signed data is for the contract ${contract.emaid}.`],
      [
        { cpsV2GRootCertificateFingerprint: '0'.repeat(64) },
        400,
        `The signed data is under the V2G root ${fingerprint}.`,
      ],
      [{ pcid: otherCar.pcid }, 400, 'Invalid Tupple - EMAID is already used by other PCID.'],
      [{ pcid: newPcid() }, 404, 'The OEM provisioning certificate with the given PCID is not available.'],
      [{ signedContractDataXML: 'AAAA' }, 400, 'EXI format is invalid!'],
      [{ signedContractDataXML: '{}' }, 400, 'signedContractDataXML : must be base64'],
      [
        { signedContractDataXML: Buffer.from('<a/>').toString('base64') },
        400,
        expect.stringMatching(/^The signed data is not a message in XML: /),
      ],
      [{ emaid: undefined }, 400, 'emaid : must not be blank'],
      [{ xsdMsgDefNamespace: 'urn:x' }, 400, expect.stringMatching(/^xsdMsgDefNamespace : must be one of /)],
    ] as const) {
      const answer = await ask('demo-mo', 'PUT', 'signedContractData', { ...body, ...changes });
      expect([answer.status, answer.json]).toEqual([status, refusal(sentence)]);
    }
    expect((await ask('demo-cpo', 'PUT', 'signedContractData', body)).status).toBe(403);
  });

  it('deletes what the path names as an EMAID, one generation or all, and never a car', async () => {
    // The car's PCID could be an EMAID, and this EMAID a PCID.
    const both = `${demoProviderId}C000000000001`;
    const [asPcid, asEmaid] = [
      await ask('demo-oem', 'GET', `signedContractData/${both}`),
      await ask('demo-mo', 'DELETE', `signedContractData/${both}`),
    ];
    expect([asPcid.status, asPcid.json]).toEqual([200, { XMLContracts: [] }]);
    expect([asEmaid.status, asEmaid.json]).toEqual([404, refusal(noContract)]);
    const ofCar = await ask('demo-mo', 'DELETE', `signedContractData/${car.pcid}`);
    expect([400, 404]).toContain(ofCar.status);

    const path = `signedContractData/${contract.emaid}`;
    const underRoot = await ask('demo-mo', 'DELETE', `${path}?cpsV2GRootCertificateFingerprint=x`);
    expect([underRoot.status, underRoot.json]).toEqual([
      400,
      refusal('cpsV2GRootCertificateFingerprint : a contract is deleted under all V2G roots'),
    ]);
    expect((await ask('demo-oem', 'DELETE', path)).status).toBe(403);
    const later = await ask('demo-mo', 'DELETE', `${path}?xsdMsgDefNamespace=${iso20}`);
    expect([later.status, later.json]).toEqual([200, {}]);
    expect(await list(`?xsdMsgDefNamespace=${iso20}`)).toEqual([]);
    expect(await list()).toHaveLength(2);

    const requested = async () => {
      const { json } = await send(`${world.url}/graphql`, {
        token: tokens.get('demo-operator'),
        body: {
          query:
            '{ contractRevocationRequests(since: "2020-01-01T00:00:00Z", first: 100) { nodes { emaid cause } } }',
        },
      });
      const { data } = json as { data: { contractRevocationRequests: { nodes: { emaid: string }[] } } };
      return data.contractRevocationRequests.nodes.map(({ emaid }) => emaid);
    };
    const skipped = await ask('demo-mo', 'DELETE', `signedContractData/${second.emaid}`, undefined, {
      'X-Skip-Revocation': 'True',
      'content-type': 'application/json',
    });
    expect([skipped.status, skipped.json]).toEqual([200, {}]);
    expect((await ask('demo-mo', 'DELETE', path)).status).toBe(200);
    expect(await requested()).not.toContain(second.emaid);
    expect(await requested()).toContain(contract.emaid);
    const again = await ask('demo-mo', 'DELETE', path);
    expect([again.status, again.json]).toEqual([404, refusal(noContract)]);
    expect((await ask('demo-mo', 'GET', `lookupContract/${contract.emaid}`)).status).toBe(404);
    expect(await list()).toEqual([]);
  });
});
