import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage } from '@chargegraph/iso15118';
import { issueCertificate, type Certificate, type IssuedCertificate } from '@chargegraph/pki';
import { cpo, mo } from './testing/callers.ts';
import { expectRefusal } from './testing/expect-refusal.ts';
import { inDays, start } from './testing/harness.ts';
import { readContract } from './testing/operations.ts';
import { emaid, startScene, type Scene } from './testing/scene.ts';
import { makeRequest, rootIdOf } from './testing/world.ts';

let scene: Scene;
/** Roots that end long before what is issued below them, and the same renewed. */
const roots = new Map<'V2G' | 'MO', { readonly old: IssuedCertificate; readonly renewed: Certificate }>();

const subjects = { V2G: 'Short V2G Root', MO: 'Short MO Root' };

async function issue(
  commonName: string,
  {
    issuer,
    ...options
  }: {
    readonly issuer?: IssuedCertificate;
    readonly key?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
    readonly notBefore?: Date;
    readonly notAfter: Date;
    readonly pathLength?: number | 'leaf';
  },
): Promise<IssuedCertificate> {
  const key = options.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { pathLength } = options;
  const isLeaf = pathLength === 'leaf';
  const certificate = await issueCertificate({
    subject: { commonName, domainComponent: isLeaf ? 'CPS' : 'V2G' },
    publicKey: key.publicKey,
    signingKey: issuer?.privateKey ?? key.privateKey,
    ...(issuer !== undefined && { issuer: issuer.certificate }),
    notBefore: options.notBefore ?? start,
    notAfter: options.notAfter,
    ca: isLeaf ? false : pathLength === undefined ? {} : { pathLength },
    keyUsage: isLeaf ? ['digitalSignature'] : ['keyCertSign', 'cRLSign'],
  });
  return { certificate, privateKey: key.privateKey };
}

/** Two sub-CAs below a root, which outlive it. */
async function branch(issuer: IssuedCertificate) {
  const notAfter = inDays(365);
  const subCa1 = await issue('Sub-CA 1', { issuer, notAfter, pathLength: 1 });
  return { subCa1, subCa2: await issue('Sub-CA 2', { issuer: subCa1, notAfter, pathLength: 0 }) };
}

let chains: Parameters<Scene['publishData']>[0];

beforeAll(async () => {
  scene = await startScene();
  for (const type of ['V2G', 'MO'] as const) {
    const old = await issue(subjects[type], { notAfter: inDays(10) });
    const { publicKey } = old.certificate;
    const key = { publicKey, privateKey: old.privateKey };
    const renewed = await issue(subjects[type], { key, notBefore: inDays(5), notAfter: inDays(3_000) });
    roots.set(type, { old, renewed: renewed.certificate });
  }
  const cps = await branch(root('V2G').old);
  const leaf = await issue('Signer', { issuer: cps.subCa2, notAfter: inDays(365), pathLength: 'leaf' });
  chains = { contractCas: await branch(root('MO').old), signer: { ...cps, leaf } };
});
afterAll(() => scene.harness.stop());
beforeEach(async () => {
  await scene.reset();
  for (const type of ['V2G', 'MO'] as const) hold(type, root(type).old.certificate);
  await scene.publishData({ ...chains, notAfter: inDays(300) });
});

function root(type: 'V2G' | 'MO') {
  const found = roots.get(type);
  if (found === undefined) throw new Error('The roots are not made yet.');
  return found;
}

const hold = (type: 'V2G' | 'MO', certificate: Certificate) =>
  void scene.harness.pools.roots.push({ type, certificate });

function drop({ fingerprint }: Certificate): void {
  const held = scene.harness.pools.roots;
  held.splice(
    held.findIndex(({ certificate }) => certificate.fingerprint === fingerprint),
    1,
  );
}

const status = async () => {
  const { data } = await scene.harness.run(mo, readContract, { emaid });
  return (data?.['contract'] as { signedData: [{ verdict: { status: string } }] }).signedData[0].verdict
    .status;
};
const ask = async (listed: Certificate) =>
  scene.request(encodeMessage(await makeRequest(scene.car, [rootIdOf(listed)])), cpo);

describe('a contract whose roots have ended before it', () => {
  it('is INVALID_CHAIN and not delivered, until RCP holds both roots renewed', async () => {
    expect(await status()).toBe('VALID');
    const { old, renewed } = root('V2G');
    expect((await ask(old.certificate)).outcome).toBe('DELIVERED');
    scene.harness.clock.set(inDays(10));
    for (const type of ['V2G', 'MO'] as const) {
      expect(await status()).toBe('INVALID_CHAIN');
      const code = 'FAILED_NoCertificateAvailable';
      expectRefusal(await ask(old.certificate), 'NO_CONTRACT', code, /ended on/);
      hold(type, root(type).renewed);
    }
    expect(await status()).toBe('VALID');
    // A car has the one installed or the other.
    expect((await ask(old.certificate)).outcome).toBe('DELIVERED');
    expect((await ask(renewed)).outcome).toBe('DELIVERED');
  });

  it('lives on under the renewed ones when RCP holds the old ones no more', async () => {
    scene.harness.clock.set(inDays(6));
    for (const type of ['V2G', 'MO'] as const) {
      drop(root(type).old.certificate);
      expect(await status()).toBe('INVALID_CHAIN');
      const code = 'FAILED_NoCertificateAvailable';
      expectRefusal(await ask(root('V2G').old.certificate), 'NO_CONTRACT', code, /no longer in/);
      hold(type, root(type).renewed);
    }
    expect(await status()).toBe('VALID');
    expect((await ask(root('V2G').renewed)).outcome).toBe('DELIVERED');
  });

  it('is not taken for one under another root of that name', async () => {
    drop(root('V2G').old.certificate);
    const stranger = await issue(subjects.V2G, { notAfter: inDays(3_000) });
    hold('V2G', stranger.certificate);
    expect(await status()).toBe('INVALID_CHAIN');
    expect((await ask(stranger.certificate)).outcome).toBe('NO_CONTRACT');
  });
});
