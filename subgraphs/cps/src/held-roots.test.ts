import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueCertificate, type Certificate, type IssuedCertificate } from '@chargegraph/pki';
import { day, operator, start, type SignerChain } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const inDays = (days: number) => new Date(start.getTime() + days * day);

/** The verdict on each signer by its certificate's common name. */
async function verdicts(): Promise<Record<string, string>> {
  const { data, errors } = await world.harness.run(
    operator,
    '{ cpsSigners(first: 10) { nodes { certificate { subject } verdict { status } } } }',
  );
  expect(errors).toBeUndefined();
  const { nodes } = data?.['cpsSigners'] as {
    nodes: { certificate: { subject: string }; verdict: { status: string } }[];
  };
  return Object.fromEntries(
    nodes.map(({ certificate, verdict }) => [
      /CN=([^,]*)/.exec(certificate.subject)?.[1] ?? '',
      verdict.status,
    ]),
  );
}

const hold = (certificate: Certificate) => void world.harness.pools.roots.push({ type: 'V2G', certificate });

function drop({ fingerprint }: Certificate): void {
  const { roots } = world.harness.pools;
  roots.splice(
    roots.findIndex(({ certificate }) => certificate.fingerprint === fingerprint),
    1,
  );
}

/** A CA that is not within its issuer's dates, or a root. */
async function issueCa(
  commonName: string,
  {
    issuer,
    key,
    from = 0,
    until = 365,
  }: {
    readonly issuer?: IssuedCertificate;
    readonly key?: IssuedCertificate;
    readonly from?: number;
    readonly until?: number;
  } = {},
): Promise<IssuedCertificate> {
  const made = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = key?.certificate.publicKey ?? made.publicKey;
  const privateKey = key?.privateKey ?? made.privateKey;
  const certificate = await issueCertificate({
    subject: { commonName, domainComponent: 'V2G' },
    publicKey,
    signingKey: issuer?.privateKey ?? privateKey,
    ...(issuer && { issuer: issuer.certificate }),
    notBefore: inDays(from),
    notAfter: inDays(until),
    ca: {},
    keyUsage: ['keyCertSign', 'cRLSign'],
  });
  return { certificate, privateKey };
}

/** A signer's chain that outlives its root. */
async function chainBelow(root: IssuedCertificate): Promise<SignerChain> {
  const subCa1 = await issueCa('Sub-CA 1', { issuer: root });
  const subCa2 = await issueCa('Sub-CA 2', { issuer: subCa1 });
  const leaf = await issueLeaf(subCa2, { commonName: 'Signer', notBefore: start, notAfter: inDays(90) });
  return { leaf, subCa1, subCa2 };
}

describe('a signer whose V2G root', () => {
  it('has left the root pool is INVALID_CHAIN and signs nothing, until the root is back', async () => {
    const { certificate } = world.pki.v2gRoot;
    drop(certificate);
    expect(await verdicts()).toEqual({ 'Demo CPS': 'INVALID_CHAIN' });
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
    hold(certificate);
    expect(await verdicts()).toEqual({ 'Demo CPS': 'VALID' });
    await world.signed({ ...world.input, pcid });
  });

  it('is held as one of something else is INVALID_CHAIN', async () => {
    const { certificate } = world.pki.v2gRoot;
    drop(certificate);
    world.harness.pools.roots.push({ type: 'MO', certificate });
    expect(await verdicts()).toEqual({ 'Demo CPS': 'INVALID_CHAIN' });
  });

  it('has ended signs again once the root pool holds it renewed under the same key', async () => {
    const root = await issueCa('Short V2G Root', { until: 10 });
    const { certificate: renewed } = await issueCa('Short V2G Root', { key: root, from: 5, until: 3_000 });
    hold(root.certificate);
    await world.addSigner(await chainBelow(root), true);
    expect(await verdicts()).toMatchObject({ Signer: 'VALID' });
    world.harness.clock.set(inDays(10));
    expect(await verdicts()).toMatchObject({ Signer: 'INVALID_CHAIN' });
    const variables = { ...world.input, pcid };
    await world.expectRefusal(variables, 'SIGNER_UNAVAILABLE', null);
    hold(renewed);
    expect(await verdicts()).toMatchObject({ Signer: 'VALID' });
    drop(root.certificate);
    expect(await verdicts()).toMatchObject({ Signer: 'VALID' });
    await world.signed(variables);
    await world.signed({ ...variables, v2gRootFingerprint: renewed.fingerprint });
    drop(renewed);
    expect(await verdicts()).toMatchObject({ Signer: 'INVALID_CHAIN' });
  });

  it('stands is EXPIRED once it has itself ended, and INVALID_CHAIN when a sub-CA has', async () => {
    const root = await issueCa('Long Root', { until: 3_000 });
    const subCa1 = await issueCa('Sub-CA 1', { issuer: root });
    const subCa2 = await issueCa('Short Sub-CA', { issuer: subCa1, until: 10 });
    const leaf = await issueLeaf(subCa2, { commonName: 'Signer', notBefore: start, notAfter: inDays(90) });
    hold(root.certificate);
    await world.addSigner({ leaf, subCa1, subCa2 });
    world.harness.clock.set(inDays(10));
    expect(await verdicts()).toMatchObject({ Signer: 'INVALID_CHAIN' });
    world.harness.clock.set(inDays(90));
    expect(await verdicts()).toMatchObject({ Signer: 'EXPIRED' });
  });
});
