import { generateKeyPairSync } from 'node:crypto';
import { readdir, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
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

/** Runs `chargegraph signer …` against the ecosystem and gives the signers it printed. */
async function signer(action: string, ...options: string[]): Promise<Signer[]> {
  const { code, stdout, stderr } = await runChargegraph(['signer', action, '--url', world.url, ...options], {
    env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Signer);
}

async function refused(args: readonly string[], change: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await runChargegraph(['signer', ...args], { env: { ...env, ...change } });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr.trimEnd();
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

describe('chargegraph signer', () => {
  it('adds, lists and retires signers, and what a retired one signed is signed anew', async () => {
    const mo = await world.doors('demo-mo');
    const oem = await world.doors('demo-oem');
    const car = await publishNewCar(oem, world.pki);
    const { emaid } = await signNewContract(mo, world.pki, car);
    const [demo] = await signer('list');
    expect(await signerOf(mo, emaid)).toBe(demo?.certificate.fingerprint);

    const { certificate, chain, key } = await signerFiles('next');
    const [added] = await signer('add', '--certificate', certificate, '--chain', chain, '--key', key);
    expect(added).toMatchObject({ namespace: 'ISO15118_2', isDefault: false, retiredAt: null });
    // Once more by the name of the key, which is in the key store now.
    const reference = `cps-${added?.certificate.fingerprint.slice(0, 16) ?? ''}`;
    expect(await readdir(join(folder, 'keys'))).toContain(`${reference}.pem`);
    const again = ['--certificate', certificate, '--chain', chain, '--key-reference', reference];
    expect(await signer('add', ...again, '--namespace', 'ISO15118_2')).toEqual([added]);
    expect((await signer('list')).map(({ id }) => id)).toEqual([demo?.id, added?.id]);

    const options = ['--id', demo?.id ?? '', '--reason', 'replaced', '--new-default', added?.id ?? ''];
    const [retired] = await signer('retire', ...options);
    expect(retired).toMatchObject({ id: demo?.id, isDefault: false, retirementReason: 'replaced' });
    expect(retired?.retiredAt).not.toBeNull();
    expect(await signer('list')).toMatchObject([
      { id: added?.id, isDefault: true },
      { id: demo?.id, isDefault: false },
    ]);
    await expect.poll(() => signerOf(mo, emaid), { timeout: 20_000 }).toBe(added?.certificate.fingerprint);
    const operator = await world.doors('demo-operator');
    const log = await operator.graphql<{ contractEventLog: { events: { type: string; emaid: string }[] } }>(
      '{ contractEventLog(first: 1000) { events { type emaid } } }',
    );
    expect(
      log.contractEventLog.events.filter((event) => event.emaid === emaid).map(({ type }) => type),
    ).toEqual(['OEM_CONTRACT_CREATED', 'OEM_CONTRACT_UPDATED']);
  }, 60_000);

  it('says in one sentence what is wrong', async () => {
    const { certificate, chain, key } = await signerFiles('other');
    const url = ['--url', world.url];
    const add = ['add', ...url, '--certificate', certificate, '--chain', chain];
    expect(await refused(['sing'])).toBe('signer takes the actions add, retire and list.');
    expect(await refused(['list'])).toBe('--url must be the http(s) address of a gateway.');
    expect(await refused(['list', '--url', 'http://127.0.0.1:9'])).toBe(
      'There is no gateway at http://127.0.0.1:9 that can be asked.',
    );
    expect(await refused(['list', ...url], { CHARGEGRAPH_CLIENT_SECRET: 'wrong' })).toContain(
      'demo-operator',
    );
    expect(await refused(add)).toBe('--key or --key-reference is missing.');
    expect(await refused([...add, '--key-reference', 'absent'])).toBe(
      'The key "absent" is not in the key store.',
    );
    expect(await refused([...add, '--key', certificate])).toBe(
      `--key: ${certificate} has no private key in PEM that is not encrypted.`,
    );
    expect(await refused([...add, '--key', key, '--namespace', 'ISO15118_3'])).toBe(
      '--namespace must be ISO15118_2 or ISO15118_20.',
    );
    expect(await refused([...add, '--key', key], { CHARGEGRAPH_KEY_PASSPHRASE: 'short' })).toContain(
      'CHARGEGRAPH_KEY_PASSPHRASE',
    );
    const absent = join(folder, 'absent.pem');
    expect(await refused(['add', ...url, '--certificate', absent])).toBe(
      `--certificate: the file ${absent} cannot be read.`,
    );
    expect(await refused(['add', ...url, '--certificate', key])).toBe(
      `--certificate: ${key} has no certificate in PEM.`,
    );
    const retire = ['retire', ...url, '--id', 'nonsense'];
    expect(await refused(retire)).toBe('--reason is missing.');
    expect(await refused([...retire, '--reason', 'x'])).toBe('There is no such signer.');
    expect(await refused(['retire', ...url, '--reason', 'x'])).toBe(
      'Name the signer by --id, or by --fingerprint and --namespace.',
    );
  }, 60_000);

  it('puts no key into the key store that is not the certificate’s, and never prints one', async () => {
    const { certificate, chain } = await signerFiles('third');
    const stranger = await createDemoPki({ now: new Date() });
    const key = join(folder, 'stranger.pem');
    const pem = stranger.cps.leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(key, pem);
    const before = await readdir(join(folder, 'keys'));
    const sentence = await refused([
      'add',
      '--url',
      world.url,
      '--certificate',
      certificate,
      '--chain',
      chain,
      '--key',
      key,
    ]);
    expect(sentence).toBe(`--key: the key in ${key} is not the certificate's.`);
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
