import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCar, contractCaInput, makeEmaid, type Car, type Doors } from '@chargegraph/cli';
import {
  createRevocationChecker,
  parseCertificate,
  toPem,
  type Certificate,
  type RevocationStatus,
} from '@chargegraph/pki';
import { readCrlEntries } from '@chargegraph/pki/testing';
import { silentLogger, systemClock } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { send } from '../harness/http.ts';
import { publishCarInput, publishNewCar } from '../harness/parties.ts';
import { eventually } from '../harness/wait.ts';

const run = promisify(execFile);
const day = 86_400_000;

const generation = `mutation ($input: GenerateContractDataInput!) {
  generateContractData(input: $input) { contractCertificate { pem } userErrors { message } }
}`;
const deletion = `mutation ($input: DeleteContractInput!) {
  deleteContract(input: $input) { deletedEmaid userErrors { message } }
}`;
const addition = `mutation ($input: AddContractCaInput!) {
  addContractCa(input: $input) { contractCa { crlUrl } userErrors { message } }
}`;

describe('contracts that our own CA issues', () => {
  let world: TestEcosystem;
  let [operator, mo, oem]: Doors[] = [];
  let ca: Certificate;
  let crlUrl: string;

  beforeAll(async () => {
    world = await startTestEcosystem({ limits: { crlsPerAddress: 2_000 } });
    [operator, mo, oem] = await Promise.all([
      world.doors('demo-operator'),
      world.doors('demo-mo'),
      world.doors('demo-oem'),
    ]);
    ca = world.pki.v2gMo.subCa2.certificate;
    crlUrl = `${world.url}/crl/${ca.fingerprint}.crl`;
    const input = { ...contractCaInput(world.pki, 'iso2'), crlUrl };
    expect(await operator.graphql(addition, { input })).toMatchObject({
      addContractCa: { contractCa: { crlUrl }, userErrors: [] },
    });
    await eventually('the list is there', async () => (await fetch(crlUrl)).ok);
  });
  afterAll(() => world.stop());

  const door = (doors: Doors | undefined): Doors => {
    if (doors === undefined) throw new Error('The ecosystem does not run.');
    return doors;
  };

  async function generate(car: Pick<Car, 'pcid'>) {
    const emaid = makeEmaid();
    const now = Date.now();
    const input = {
      pcid: car.pcid,
      emaid,
      contractBegins: new Date(now - 1_000).toISOString(),
      contractEnds: new Date(now + 60 * day).toISOString(),
    };
    const { generateContractData: payload } = await door(mo).graphql<{
      generateContractData: { contractCertificate: { pem: string } | null; userErrors: object[] };
    }>(generation, { input });
    expect(payload.userErrors).toEqual([]);
    return { emaid, certificate: parseCertificate(payload.contractCertificate?.pem ?? '') };
  }

  const remove = async (emaid: string, more: object = {}) => {
    expect(await door(mo).graphql(deletion, { input: { emaid, ...more } })).toMatchObject({
      deleteContract: { userErrors: [] },
    });
  };

  /** What a checker says that has asked nobody before. */
  async function status(certificate: Certificate): Promise<RevocationStatus> {
    const network = { privateAddresses: 'allow' } as const;
    const checker = createRevocationChecker({ clock: systemClock, logger: silentLogger, network });
    try {
      return await checker.check(certificate, ca);
    } finally {
      checker.close();
    }
  }

  const list = async () => Buffer.from(await (await fetch(crlUrl)).arrayBuffer());
  const isListed = async ({ serialNumber }: Certificate) =>
    readCrlEntries(await list()).some((entry) => entry.serialNumber === serialNumber);
  const listed = (certificate: Certificate) =>
    eventually('the certificate is on the list', () => isListed(certificate));

  it('are good until they are deleted and revoked from then on, by the CRL that the gateway serves', async () => {
    const car = await publishNewCar(door(oem), world.pki);
    const [kept, gone] = [await generate(car), await generate(car)];
    for (const { certificate } of [kept, gone]) {
      expect(certificate.crlUrls).toEqual([crlUrl]);
      expect(await status(certificate)).toMatchObject({ status: 'GOOD', source: 'CRL', url: crlUrl });
    }
    await remove(gone.emaid);
    await listed(gone.certificate);
    expect(await status(gone.certificate)).toMatchObject({
      status: 'REVOKED',
      reason: 'cessationOfOperation',
    });
    expect(await status(kept.certificate)).toMatchObject({ status: 'GOOD' });

    const file = async (name: string, content: string | Uint8Array) => {
      const path = join(world.dataFolder, name);
      await writeFile(path, content);
      return path;
    };
    const caFile = await file('ca.pem', toPem(ca));
    const crl = await file('list.crl', await list());
    const pem = join(world.dataFolder, 'list.pem');
    const verified = await run('openssl', [
      ...['crl', '-inform', 'DER', '-in', crl, '-CAfile', caFile, '-verify', '-out', pem],
    ]);
    expect(verified.stderr).toContain('verify OK');
    const check = async (name: string, certificate: Certificate) =>
      run('openssl', [
        ...['verify', '-partial_chain', '-crl_check', '-CRLfile', pem, '-CAfile', caFile],
        await file(name, toPem(certificate)),
      ]);
    expect((await check('kept.pem', kept.certificate)).stdout).toContain(': OK');
    await expect(check('gone.pem', gone.certificate)).rejects.toThrow('certificate revoked');
  });

  it('stay good when they are deleted without revocation', async () => {
    const car = await publishNewCar(door(oem), world.pki);
    const [spared, gone] = [await generate(car), await generate(car)];
    await remove(spared.emaid, { skipRevocation: true });
    await remove(gone.emaid);
    await listed(gone.certificate);
    expect(await status(spared.certificate)).toMatchObject({ status: 'GOOD' });
  });

  it('are revoked when their car gets another key', async () => {
    const car = await publishNewCar(door(oem), world.pki);
    const { certificate } = await generate(car);
    const other = await buildCar(world.pki, car.pcid);
    await door(oem).graphql(
      `mutation ($input: PublishProvisioningCertificateInput!) {
         publishProvisioningCertificate(input: $input) { userErrors { code } } }`,
      { input: publishCarInput(world.pki, other.provisioningCertificate) },
    );
    await listed(certificate);
    expect(await status(certificate)).toMatchObject({ status: 'REVOKED' });
  });

  it('are revoked after a restart when they were deleted just before', async () => {
    const car = await publishNewCar(door(oem), world.pki);
    const { emaid, certificate } = await generate(car);
    await remove(emaid);
    await world.restart();
    await listed(certificate);
  });

  it('are on a list that anybody may fetch, and no other names are', async () => {
    const { status: code, headers } = await send(crlUrl, { method: 'GET' });
    expect([code, headers.get('content-type')]).toEqual([200, 'application/pkix-crl']);
    const again = await send(crlUrl, {
      method: 'GET',
      headers: { 'if-none-match': headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
    for (const name of [world.pki.v2gRoot.certificate.fingerprint, 'nonsense']) {
      expect((await send(`${world.url}/crl/${name}.crl`, { method: 'GET' })).status).toBe(404);
    }
  });
});
