import { generateKeyPairSync } from 'node:crypto';
import { readdir, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSigner, type Doors } from '@chargegraph/cli';
import { createDemoPki, issueCertificate, toPem, type IssuedCertificate } from '@chargegraph/pki';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { publishNewCar, signNewContract } from '../harness/parties.ts';
import { runChargegraph } from '../harness/processes.ts';

interface Signer {
  readonly id: string;
  readonly namespace: string;
  readonly isDefault: boolean;
  readonly retiredAt: string | null;
  readonly retirementReason: string | null;
  readonly certificate: { readonly fingerprint: string };
}

let world: TestEcosystem;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  world = await startTestEcosystem();
  folder = world.dataFolder;
  const { clientId, clientSecret } = world.credentials['demo-operator'];
  const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as {
    keyPassphrase: string;
  };
  env = {
    CHARGEGRAPH_CLIENT_ID: clientId,
    CHARGEGRAPH_CLIENT_SECRET: clientSecret,
    CHARGEGRAPH_KEYS: join(folder, 'keys'),
    CHARGEGRAPH_KEY_PASSPHRASE: secrets.keyPassphrase,
  };
});
afterAll(() => world.stop());

/** Runs the command in this process, against the ecosystem, and gives the signers it printed. */
async function signer(action: string, options: object = {}): Promise<Signer[]> {
  const lines: string[] = [];
  await runSigner(action, { url: world.url, ...options }, env, (line) => lines.push(line));
  return lines.map((line) => JSON.parse(line) as Signer);
}

/** Files of a signer under the demo PKI, as an operator has them. */
async function signerFiles(name: string): Promise<{ certificate: string; chain: string; key: string }> {
  const { cps, v2gRoot } = world.pki;
  const leaf = await issueLeaf(name, cps.subCa2);
  const path = (file: string) => join(folder, `${name}-${file}.pem`);
  const files = { certificate: path('certificate'), chain: path('chain'), key: path('key') };
  await writeFile(files.certificate, toPem(leaf.certificate));
  // As chains often come: with leaf and root.
  const chain = [leaf, cps.subCa2, cps.subCa1, v2gRoot].map(({ certificate }) => toPem(certificate));
  await writeFile(files.chain, chain.join(''));
  await writeFile(files.key, leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return files;
}

async function issueLeaf(commonName: string, issuer: IssuedCertificate): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await issueCertificate({
    subject: { commonName, organization: 'Test', country: 'DE', domainComponent: 'CPS' },
    publicKey,
    issuer: issuer.certificate,
    signingKey: issuer.privateKey,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 80 * 86_400_000),
    ca: false,
    keyUsage: ['digitalSignature'],
  });
  return { certificate, privateKey };
}

/** The demo has one for each generation. */
const iso2Signers = async () => (await signer('list')).filter(({ namespace }) => namespace === 'ISO15118_2');

describe('chargegraph signer', () => {
  it('adds, lists and retires signers, and what a retired one signed is signed anew', async () => {
    const mo = await world.doors('demo-mo');
    const oem = await world.doors('demo-oem');
    const car = await publishNewCar(oem, world.pki);
    const { emaid } = await signNewContract(mo, world.pki, car);
    const [demo] = await iso2Signers();
    expect(await signerOf(mo, emaid)).toBe(demo?.certificate.fingerprint);

    const { certificate, chain, key } = await signerFiles('next');
    const args = ['--url', world.url, '--certificate', certificate, '--chain', chain, '--key', key];
    const { code, stdout, stderr } = await runChargegraph(['signer', 'add', ...args], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const added = JSON.parse(stdout) as Signer;
    expect(added).toMatchObject({ namespace: 'ISO15118_2', isDefault: false, retiredAt: null });
    // Once more by the name of the key, which is in the key store now.
    const keyReference = `cps-${added.certificate.fingerprint.slice(0, 16)}`;
    expect(await readdir(join(folder, 'keys'))).toContain(`${keyReference}.pem`);
    const again = { certificate, chain: [chain], keyReference, namespace: 'ISO15118_2' };
    expect(await signer('add', again)).toEqual([added]);
    expect((await iso2Signers()).map(({ id }) => id)).toEqual([demo?.id, added.id]);

    const options = { id: demo?.id, reason: 'replaced', newDefault: added.id };
    const [retired] = await signer('retire', options);
    expect(retired).toMatchObject({ id: demo?.id, isDefault: false, retirementReason: 'replaced' });
    expect(retired?.retiredAt).not.toBeNull();
    expect(await iso2Signers()).toMatchObject([
      { id: added.id, isDefault: true },
      { id: demo?.id, isDefault: false },
    ]);
    await expect.poll(() => signerOf(mo, emaid), { timeout: 20_000 }).toBe(added.certificate.fingerprint);
    const operator = await world.doors('demo-operator');
    const log = await operator.graphql<{ contractEventLog: { events: { type: string; emaid: string }[] } }>(
      '{ contractEventLog(first: 1000) { events { type emaid } } }',
    );
    expect(
      log.contractEventLog.events.filter((event) => event.emaid === emaid).map(({ type }) => type),
    ).toEqual(['OEM_CONTRACT_CREATED', 'OEM_CONTRACT_UPDATED']);
  }, 60_000);

  it('says in one sentence what is wrong, and no more', async () => {
    const { code, stdout, stderr } = await runChargegraph(['signer', 'sing'], { env });
    const sentence = 'signer takes the actions add, retire and list.\n';
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: sentence });
  }, 30_000);

  it('has a sentence for whatever its user can mend', async () => {
    const { certificate, chain, key } = await signerFiles('other');
    const { url } = world;
    const add = { url, certificate, chain };
    const absent = join(folder, 'absent.pem');
    const wrongSecret = { ...env, CHARGEGRAPH_CLIENT_SECRET: 'wrong' };
    const shortPassphrase = { ...env, CHARGEGRAPH_KEY_PASSPHRASE: 'short' };
    const cases: [string, object, string | RegExp, Record<string, string>?][] = [
      ['list', {}, '--url must be the http(s) address of a gateway.'],
      ['list', { url: [url, url] }, '--url is wrong: give it one value.'],
      ['list', { url: 'http://127.0.0.1:9' }, 'There is no gateway at http://127.0.0.1:9 that can be asked.'],
      ['list', { url }, /^No token for demo-operator: /, wrongSecret],
      ['list', { url }, 'CHARGEGRAPH_CLIENT_ID and CHARGEGRAPH_CLIENT_SECRET must be set.', {}],
      ['add', { url }, '--certificate is missing.'],
      ['add', add, '--key or --key-reference is missing.'],
      ['add', { ...add, keyReference: 'absent' }, 'The key "absent" is not in the key store.'],
      ['add', { ...add, key: certificate }, /has no private key in PEM that is not encrypted\.$/],
      ['add', { ...add, key, namespace: '-3' }, '--namespace must be ISO15118_2 or ISO15118_20.'],
      ['add', { ...add, key }, /CHARGEGRAPH_KEY_PASSPHRASE/, shortPassphrase],
      ['add', { url, certificate: absent }, `--certificate: the file ${absent} cannot be read.`],
      ['add', { url, certificate: key }, `--certificate: ${key} has no certificate in PEM.`],
      ['retire', { url, id: 'nonsense' }, '--reason is missing.'],
      ['retire', { url, id: 'nonsense', reason: 7 }, 'There is no such signer.'],
      ['retire', { url, reason: 'x' }, 'Name the signer by --id, or by --fingerprint and --namespace.'],
      ['retire', { url, reason: 'x', fingerprint: 'a'.repeat(64) }, '--namespace is missing.'],
    ];
    for (const [action, options, message, environment = env] of cases) {
      const printed: string[] = [];
      const error: unknown = await runSigner(action, { ...options }, environment, (line) =>
        printed.push(line),
      ).catch((thrown: unknown) => thrown);
      expect({ name: (error as Error).name, printed }).toEqual({ name: 'ConfigurationError', printed: [] });
      if (typeof message === 'string') expect((error as Error).message).toBe(message);
      else expect((error as Error).message).toMatch(message);
    }
  }, 30_000);

  it('puts no key into the key store that is not the certificate’s', async () => {
    const { certificate, chain } = await signerFiles('third');
    const stranger = await createDemoPki({ now: new Date() });
    const key = join(folder, 'stranger.pem');
    await writeFile(key, stranger.cps.leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const before = await readdir(join(folder, 'keys'));
    const options = { url: world.url, certificate, chain, key };
    await expect(runSigner('add', options, env)).rejects.toThrow(
      `--key: the key in ${key} is not the certificate's.`,
    );
    expect(await readdir(join(folder, 'keys'))).toEqual(before);
  }, 30_000);

  it('has its options in --help', async () => {
    const { stdout } = await runChargegraph(['signer', '--help']);
    for (const option of [
      '--url',
      '--certificate',
      '--chain',
      '--key-reference',
      '--reason',
      '--new-default',
    ]) {
      expect(stdout).toContain(option);
    }
  }, 30_000);
});

/** The fingerprint of the certificate that signed what the contract pool holds. */
async function signerOf(mo: Doors, emaid: string): Promise<string | undefined> {
  const { contract } = await mo.graphql<{
    contract: { signedData: { cpsCertificate: { fingerprint: string } }[] };
  }>('query ($emaid: EMAID!) { contract(emaid: $emaid) { signedData { cpsCertificate { fingerprint } } } }', {
    emaid,
  });
  return contract.signedData[0]?.cpsCertificate.fingerprint;
}
