import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoWmi, type DemoClient } from '@chargegraph/cli';
import {
  type Certificate,
  createDemoPki,
  issueProvisioningCertificate,
  parseCertificate,
  toPem,
  trustListCertificateFile,
} from '@chargegraph/pki';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send, type Answer } from '../harness/http.ts';
import { newPcid } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';

const der = (certificate: Certificate): string => Buffer.from(certificate.der).toString('base64');
const wrapped = (certificate: Certificate): string => der(certificate).replace(/.{64}/g, '$&\r\n');
const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/);
const refusal = (sentence: unknown) => ({ errorMessages: [sentence], traceId });
const pcidSentence = 'pcid : must match "^[a-zA-Z0-9]{17,18}$"';
const noCar = 'The OEM provisioning certificate with given PCID is not found.';
const noRoot = 'Root certificate with the given ID is not found';

interface Root {
  readonly rootCertificateId: string;
  readonly rootType: string;
  readonly caCertificate: string;
  readonly fingerprint: string;
}

describe('a backend that was written for OPCP', () => {
  let world: TestEcosystem;
  const tokens = new Map<DemoClient, string>();

  beforeAll(async () => {
    world = await startTestEcosystem();
    for (const client of ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-operator'] as const)
      tokens.set(client, await accessToken(world.url, world.credentials[client]));
  });
  afterAll(() => world.stop());

  const ask = (
    client: DemoClient,
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer> =>
    send(`${world.url}${path}`, {
      method,
      token: tokens.get(client),
      ...(body !== undefined && { body }),
      ...(headers !== undefined && { headers }),
    });
  const roots = async (query = ''): Promise<readonly Root[]> => {
    const { json } = await ask('demo-cpo', 'GET', `/v1/root/rootCerts${query}`);
    return (json as { RootCertificateCollection: { rootCertificates: Root[] } }).RootCertificateCollection
      .rootCertificates;
  };
  const makeCar = async () => {
    const pcid = newPcid();
    const { certificate } = await issueProvisioningCertificate(world.pki, { pcid });
    const [subCa1, subCa2] = [world.pki.oem.subCa1.certificate, world.pki.oem.subCa2.certificate];
    return { pcid, certificate, subCa1, subCa2 };
  };

  it('is given the roots, of one type when asked in either case, with what is written in them', async () => {
    const all = await roots();
    expect(new Set(all.map(({ rootType }) => rootType))).toEqual(new Set(['V2G', 'OEM', 'MO']));
    const v2g = await roots('?rootType=v2g');
    expect(v2g).toEqual(all.filter(({ rootType }) => rootType === 'V2G'));
    expect(await roots('?rootType=V2G')).toEqual(v2g);
    const { certificate } = world.pki.v2gRoot;
    expect(v2g).toContainEqual({
      rootCertificateId: expect.stringMatching(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/),
      distinguishedName: certificate.subject.replaceAll(',', ', '),
      rootType: 'V2G',
      caCertificate: der(certificate),
      commonName: certificate.commonName,
      rootAuthorityKeyIdentifier: Buffer.from(certificate.subjectKeyIdentifier ?? '', 'hex').toString(
        'base64',
      ),
      rootAuthorityKeyIdentifierHex: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2})+$/),
      rootIssuerSerialNumber: certificate.serialNumber.toString(16),
      validFrom: certificate.notBefore.toISOString(),
      validTo: certificate.notAfter.toISOString(),
      organizationName: expect.any(String),
      fingerprint: certificate.fingerprint,
      fingerprintSha1: expect.stringMatching(/^[0-9a-f]{40}$/),
      xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
      signatureAlgorithm: 'secp256r1',
    });
    const wrong = await ask('demo-cpo', 'GET', '/v1/root/rootCerts?rootType=cpo');
    expect(wrong.status).toBe(400);
    expect(wrong.json).toEqual(refusal('rootType : must be one of V2G, MO, OEM, PE'));
  });

  it('is given one root by its id or its fingerprint', async () => {
    const [root] = await roots();
    if (root === undefined) throw new Error('There is no root.');
    const colons = root.fingerprint.toUpperCase().match(/../g)?.join(':') ?? '';
    for (const name of [
      root.rootCertificateId,
      root.rootCertificateId.toUpperCase(),
      root.fingerprint,
      colons,
    ]) {
      const answer = await ask('demo-cpo', 'GET', `/v1/root/rootCerts/${name}`);
      expect({ name, answer: answer.json }).toEqual({ name, answer: { RootResponse: root } });
    }
    for (const name of ['b1b86334-7c74-4ccc-b78d-d4f773d3b559', 'f'.repeat(64), 'x', '%2F..%2F']) {
      const answer = await ask('demo-cpo', 'GET', `/v1/root/rootCerts/${name}`);
      expect({ name, status: answer.status }).toEqual({ name, status: 404 });
      expect(answer.json).toEqual(refusal(noRoot));
    }
  });

  it('is given the trust list, which OpenSSL verifies', async () => {
    const answer = await ask('demo-cpo', 'GET', '/v1/root/ctl');
    expect(answer.status).toBe(200);
    const { signerCertificate, timeStamp, CTL } = answer.json as {
      signerCertificate: string;
      timeStamp: string;
      CTL: { signedData: string; rootCertificates: { fingerprint: string }[] };
    };
    const { signedData, ...list } = CTL;
    expect(list).toMatchObject({ issuedAt: timeStamp });
    const fingerprints = (held: readonly { fingerprint: string }[]) =>
      held.map(({ fingerprint }) => fingerprint);
    expect(fingerprints(list.rootCertificates)).toEqual(fingerprints(await roots()));
    // What the list is held against is the file in the installation's folder, not what comes along.
    const trusted = join(world.dataFolder, 'keys', trustListCertificateFile);
    expect(toPem(parseCertificate(signerCertificate)).trim()).toBe((await readFile(trusted, 'utf8')).trim());
    const file = join(world.dataFolder, 'list.p7m');
    await writeFile(file, Buffer.from(signedData, 'base64'));
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', file, '-CAfile', trusted];
    const { stdout } = await promisify(execFile)('openssl', verify);
    expect(JSON.parse(stdout)).toEqual(list);
  });

  it('adds and removes roots as the operator, and as nobody else', async () => {
    const { certificate } = (await createDemoPki({ now: new Date() })).oemRoot;
    const body = { caCertificate: wrapped(certificate), rootType: 'oem', note: 'passed over' };
    const foreign = await ask('demo-oem', 'PUT', '/v1/root/rootCerts', body);
    expect(foreign.status).toBe(403);
    expect(foreign.json).toEqual(refusal(expect.any(String)));

    const added = await ask('demo-operator', 'PUT', '/v1/root/rootCerts', body);
    expect(added.status).toBe(200);
    expect(added.json).toMatchObject({ RootResponse: { rootType: 'OEM', caCertificate: der(certificate) } });
    expect((await roots('?rootType=OEM')).map(({ fingerprint }) => fingerprint)).toContain(
      certificate.fingerprint,
    );

    // With the header of a body that is not there, as some clients send it.
    const path = `/v1/root/rootCerts/${certificate.fingerprint}`;
    const json = { 'content-type': 'application/json' };
    const removed = await ask('demo-operator', 'DELETE', path, undefined, json);
    expect({ status: removed.status, json: removed.json }).toEqual({ status: 200, json: {} });
    const again = await ask('demo-operator', 'DELETE', path);
    expect(again.json).toEqual(refusal(noRoot));
    // A refused write is recorded, through whichever door it came.
    const { traceId: refused } = again.json as { traceId: string };
    const query = `{ rootPoolAudit(first: 10, where: { action: "removeRootCertificate", outcome: REFUSED }) {
      nodes { object code traceId } } }`;
    await eventually('the refusal is recorded', async () => {
      const { json: read } = await ask('demo-operator', 'POST', '/graphql', { query });
      const { nodes } = (read as { data: { rootPoolAudit: { nodes: { traceId: string }[] } } }).data
        .rootPoolAudit;
      const record = nodes.find(({ traceId: one }) => one === refused);
      if (record === undefined) return false;
      expect(record).toMatchObject({
        object: `RootCertificate ${certificate.fingerprint}`,
        code: 'NOT_FOUND',
      });
      return true;
    });

    const garbage = await ask('demo-operator', 'PUT', '/v1/root/rootCerts', {
      ...body,
      caCertificate: 'AAAA',
    });
    expect(garbage.status).toBe(400);
    expect(garbage.json).toEqual(refusal('Invalid certificate format on caCertificate'));
  });

  it('publishes a car, with certificates in every form, and an MO finds it', async () => {
    const { pcid, certificate, subCa1, subCa2 } = await makeCar();
    const path = `/v1/oem/provCerts/${pcid.toLowerCase()}`;
    expect((await ask('demo-mo', 'GET', `/v1/oem/provCerts/lookupVehicle/${pcid}`)).json).toEqual(
      refusal(noCar),
    );
    const published = await ask('demo-oem', 'PUT', '/v1/oem/provCerts', {
      vehicleCertificate: toPem(certificate),
      subCA1Certificate: wrapped(subCa1),
      subCA2Certificate: der(subCa2),
      xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
      v2gRootAuthorityKeyIdentifiers: ['45:b8:40:9e:e1:38:f8:bf'],
      previousPcid: '',
      vin: 1,
    });
    const data = {
      vehicleCertificate: der(certificate),
      subCA1Certificate: der(subCa1),
      subCA2Certificate: der(subCa2),
      xsdMsgDefNamespace: 'urn:iso:15118:2:2013:MsgDef',
      rootIssuerDistinguishedName: world.pki.oemRoot.certificate.subject.replaceAll(',', ', '),
      rootIssuerSerialNumber: world.pki.oemRoot.certificate.serialNumber.toString(16),
      rootAuthorityKeyIdentifier: expect.stringMatching(/^[0-9A-F]{2}(:[0-9A-F]{2})+$/),
      v2gRootAuthorityKeyIdentifiers: ['45:B8:40:9E:E1:38:F8:BF'],
      fingerprint: certificate.fingerprint,
    };
    expect({ status: published.status, json: published.json }).toEqual({ status: 200, json: data });

    const found = await ask('demo-mo', 'GET', path, undefined, { accept: 'text/html', broadcast: 'TRUE' });
    expect({ status: found.status, json: found.json }).toEqual({ status: 200, json: { OEMMessage: data } });
    const lookedUp = await ask('demo-mo', 'GET', `/v1/oem/provCerts/lookupVehicle/${pcid}`);
    expect({ status: lookedUp.status, json: lookedUp.json }).toEqual({ status: 200, json: {} });
    expect((await ask('demo-cpo', 'GET', path)).status).toBe(403);

    expect((await ask('demo-mo', 'DELETE', path)).status).toBe(403);
    const deleted = await ask('demo-oem', 'DELETE', path);
    expect({ status: deleted.status, json: deleted.json }).toEqual({ status: 200, json: {} });
    for (const [client, method] of [
      ['demo-oem', 'DELETE'],
      ['demo-mo', 'GET'],
    ] as const) {
      const gone = await ask(client, method, path);
      expect({ status: gone.status, json: gone.json }).toEqual({ status: 404, json: refusal(noCar) });
    }
  });

  it('is refused in OPCP’s words', async () => {
    const { certificate, subCa1 } = await makeCar();
    const path = '/v1/oem/provCerts';
    const whole = { vehicleCertificate: der(certificate), subCA1Certificate: der(subCa1) };
    const other = await issueProvisioningCertificate(world.pki, { pcid: newPcid('ZZZ') });
    const cases: [object | undefined, number, unknown][] = [
      [{ ...whole, vehicleCertificate: 'AAAA' }, 400, 'Invalid certificate format on vehicleCertificate'],
      [{ ...whole, subCA1Certificate: 'no' }, 400, 'Invalid certificate format on subCa1Certificate'],
      [{ ...whole, subCA2Certificate: 'no' }, 400, 'Invalid certificate format on subCa2Certificate'],
      [{ vehicleCertificate: der(certificate) }, 400, 'subCA1Certificate : must not be blank'],
      [{ ...whole, subCA1Certificate: '' }, 400, 'subCA1Certificate : must not be blank'],
      [{ ...whole, previousPcid: 'short' }, 400, 'previousPcid : must match "^[a-zA-Z0-9]{17,18}$"'],
      [
        { ...whole, xsdMsgDefNamespace: 'urn:x' },
        400,
        expect.stringMatching(/^xsdMsgDefNamespace : must be one/),
      ],
      [{ ...whole, vehicleCertificate: der(other.certificate) }, 403, 'The WMI ZZZ is not one of yours.'],
      [[whole], 400, 'The body must be a JSON object.'],
      [undefined, 400, expect.any(String)],
    ];
    for (const [body, status, sentence] of cases) {
      const answer = await ask('demo-oem', 'PUT', path, body);
      expect({ status: answer.status, json: answer.json }).toEqual({ status, json: refusal(sentence) });
    }
    for (const [method, pcid] of [
      ['GET', 'short'],
      ['GET', `${demoWmi}-_-_-_-_-_-_-_`],
      ['DELETE', 'a%2Fb'],
    ] as const) {
      const answer = await ask('demo-oem', method, `${path}/${pcid}`);
      expect({ status: answer.status, json: answer.json }).toEqual({
        status: 400,
        json: refusal(pcidSentence),
      });
    }
  });

  it('is told apart what is not there, not its own and not a request, always with a trace id', async () => {
    const cases: [string, string, number, Parameters<typeof send>[1]?][] = [
      ['GET', '/v1/root/rootCerts', 401],
      ['GET', '/v1/nothing', 404],
      ['PATCH', '/v1/root/rootCerts', 405],
      ['GET', '/v1/oem/provCerts/%', 400],
    ];
    for (const [method, path, status] of cases) {
      const answer = await send(`${world.url}${path}`, { method });
      expect({ path, status: answer.status }).toEqual({ path, status });
      expect(answer.json).toEqual(refusal(expect.any(String)));
    }
    // A foreign car and none at all read the same.
    const [foreign, absent] = await Promise.all(
      ['ZZZ', demoWmi].map((wmi) => ask('demo-oem', 'GET', `/v1/oem/provCerts/${newPcid(wmi)}`)),
    );
    expect([foreign?.status, absent?.status]).toEqual([404, 404]);
    expect([foreign?.json, absent?.json]).toEqual([refusal(noCar), refusal(noCar)]);
  });

  it('may leave the content type out, and is refused another one than JSON', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ rootType: 'V2G' }));
    const request = {
      method: 'PUT',
      headers: { authorization: `Bearer ${tokens.get('demo-operator') ?? ''}` },
    };
    const without = await fetch(`${world.url}/v1/root/rootCerts`, { ...request, body });
    expect(await without.json()).toEqual(refusal('caCertificate : must not be blank'));
    const xml = await ask(
      'demo-operator',
      'PUT',
      '/v1/root/rootCerts',
      {},
      { 'content-type': 'application/xml' },
    );
    expect({ status: xml.status, json: xml.json }).toEqual({
      status: 415,
      json: refusal('Send the body as application/json.'),
    });
  });
});
