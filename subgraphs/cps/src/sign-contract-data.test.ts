import { globalId } from '@chargegraph/graph';
import { contractKeyFits, unwrapContractKey } from '@chargegraph/iso15118';
import { issueProvisioningCertificate, type IssuedCertificate } from '@chargegraph/pki';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { day, start, type SignerChain } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { contractInput, readAsCar, signContractData } from './testing/signing.fixture.ts';
import { emaid, mo, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

const fingerprintOf = ({ leaf }: SignerChain) => leaf.certificate.fingerprint;

describe('signing contract data for a car', () => {
  it('gives what the car accepts, and a contract in the pool', async () => {
    const { octets, result } = await world.signed({ ...world.input, pcid });
    expect(result.emaid).toBe(emaid);
    expect(result.cpsSigner?.certificate.fingerprint).toBe(fingerprintOf(world.pki.cps));
    expect(result.contract).toEqual({ __typename: 'Contract', id: globalId('Contract', emaid) });

    const view = readAsCar(octets, [world.pki.v2gRoot.certificate, world.pki.moRoot.certificate]);
    expect(view.signatureValid).toBe(true);
    expect(view.sessionId).toEqual(Uint8Array.of(0));
    expect(view.cpsRoot?.fingerprint).toBe(world.pki.v2gRoot.certificate.fingerprint);
    expect(view.contractRoot?.fingerprint).toBe(world.pki.moRoot.certificate.fingerprint);
    expect(view.body.responseCode).toBe('OK');
    expect(view.body.emaid.value).toBe(emaid);
    const ders = (branch: { subCa1: IssuedCertificate; subCa2: IssuedCertificate }) =>
      [branch.subCa2, branch.subCa1].map(({ certificate }) => certificate.der);
    expect(view.body.contractSignatureCertChain.subCertificates).toEqual(ders(world.pki.mo));
    expect(view.body.saProvisioningCertificateChain.subCertificates).toEqual(ders(world.pki.cps));

    const scalar = unwrapContractKey({
      encryptedPrivateKey: view.body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: view.body.dhPublicKey.value,
      oemPrivateKey: world.car.privateKey,
    });
    expect(contractKeyFits(scalar, view.body.contractSignatureCertChain.certificate)).toBe(true);
  });

  it('hands the signed data to the contract pool once, as a service that acts for the operator', async () => {
    const { octets } = await world.signed({ ...world.input, pcid });
    expect(world.harness.pools.publications).toHaveLength(1);
    const [publication] = world.harness.pools.publications;
    expect(publication?.signedContractData.toString('base64')).toBe(octets);
    expect(publication?.pcid).toBe(pcid);
    const { caller, hops } = publication?.context ?? {};
    expect([...(caller?.roles ?? [])]).toEqual(['SERVICE']);
    expect([...(caller?.providerIds ?? [])]).toEqual(['DEABC']);
    expect(caller?.clientId).toBe('cps:test-client');
    expect(hops).toBe(1);
  });

  it('reads from the other pools as the service itself', async () => {
    await world.signed({ ...world.input, pcid });
    const reads = world.harness.pools.calls.filter(({ field }) => field !== 'publishContract');
    expect(reads.map(({ field }) => field)).toEqual(['rootCertificates', 'provisioningCertificate']);
    expect(reads.map(({ context }) => context.caller.clientId)).toEqual(['cps', 'cps']);
    expect(reads.every(({ context }) => context.caller.providerIds.size === 0)).toBe(true);
  });

  it.each([
    ['de-abc-c0000000-17', 'DEABCC000000017'],
    ['DE-ABC-C00000001', 'DEABCC00000001'],
  ])('signs the EMAID %s as %s', async (commonName, spelling) => {
    const { octets, result } = await world.signed(await contractInput(world.pki, { emaid: commonName }));
    expect(result.emaid).toBe(spelling);
    expect(readAsCar(octets, []).body.emaid.value).toBe(spelling);
  });

  it('takes a contract under a V2G root', async () => {
    const { octets } = await world.signed({
      ...(await contractInput(world.pki, { emaid, issuer: world.pki.v2gMo })),
      pcid,
    });
    const view = readAsCar(octets, [world.pki.v2gRoot.certificate]);
    expect(view.contractRoot?.fingerprint).toBe(world.pki.v2gRoot.certificate.fingerprint);
  });

  it('takes a contract certificate whose validity begins later', async () => {
    const notBefore = new Date(start.getTime() + 20 * day);
    await world.signed({ ...(await contractInput(world.pki, { emaid, notBefore })), pcid });
  });
});

describe('signing contract data for no known car', () => {
  it('returns it and publishes nothing', async () => {
    const { octets, result } = await world.signed(world.input);
    expect(result.contract).toBeNull();
    expect(readAsCar(octets, []).signatureValid).toBe(true);
    expect(world.harness.pools.calls.map(({ field }) => field)).toEqual(['rootCertificates']);
  });
});

describe('signing contract data for a car without storing it', () => {
  it('returns it, signed under a root in the car, and publishes nothing', async () => {
    await world.addSigner(world.otherPki.cps);
    const installedRoots = [world.otherPki.v2gRoot.certificate.subjectKeyIdentifier ?? ''];
    world.harness.pools.cars.set(pcid, { certificate: world.car.certificate, installedRoots });
    const { octets, result } = await world.signed({ ...world.input, pcid, store: false });
    expect(result.cpsSigner?.certificate.fingerprint).toBe(fingerprintOf(world.otherPki.cps));
    expect(result.contract).toBeNull();
    expect(world.harness.pools.publications).toEqual([]);
    expect((await world.signed({ ...world.input, pcid })).octets).toBe(octets);
    expect(world.harness.pools.publications).toHaveLength(1);
  });

  it('is refused for an unknown car', async () => {
    const unknown = { ...world.input, pcid: 'WCGDEMO9999999999', store: false };
    await world.expectRefusal(unknown, 'NOT_FOUND', 'pcid');
  });
});

describe('the same contract data again', () => {
  it('gives the same octets and hands them to the contract pool again', async () => {
    const first = await world.signed({ ...world.input, pcid });
    world.harness.clock.advance(60_000);
    const second = await world.signed({ ...world.input, pcid });
    expect(second).toEqual(first);
    expect(await world.stored()).toHaveLength(1);
    expect(
      world.harness.pools.publications.map(({ signedContractData }) => signedContractData.toString('base64')),
    ).toEqual([first.octets, first.octets]);
  });

  it('is published by the retry when the contract pool was away at first', async () => {
    world.harness.pools.down.add('publishContract');
    const response = await world.harness.run(mo, signContractData, { input: { ...world.input, pcid } });
    expect(response.errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    const [kept] = await world.stored();
    expect(world.harness.pools.publications).toEqual([]);

    world.harness.pools.down.clear();
    const { octets, result } = await world.signed({ ...world.input, pcid });
    expect(octets).toBe(kept?.exi.toString('base64'));
    expect(result.contract?.id).toBe(globalId('Contract', emaid));
    expect(world.harness.pools.publications).toHaveLength(1);
    expect(await world.stored()).toHaveLength(1);
  });

  it('at the same time gives both the one result that is kept', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => world.signed({ ...world.input, pcid })));
    const kept = (await world.stored()).map(({ exi }) => exi.toString('base64'));
    expect(kept).toHaveLength(1);
    expect(new Set(all.map(({ octets }) => octets))).toEqual(new Set(kept));
  });

  it('is signed anew when the private key was wrapped anew, in place of what was kept', async () => {
    const first = await world.signed({ ...world.input, pcid });
    const again = await contractInput(world.pki, { emaid });
    const rewrapped = {
      ...world.input,
      encryptedPrivateKey: again.encryptedPrivateKey,
      dhPublicKey: again.dhPublicKey,
    };
    const second = await world.signed({ ...rewrapped, pcid });
    expect(second.octets).not.toBe(first.octets);
    expect((await world.stored()).map(({ exi }) => exi.toString('base64'))).toEqual([second.octets]);
    expect((await world.signed({ ...rewrapped, pcid })).octets).toBe(second.octets);
  });

  it('is another signing for another car, for none, and for another spelling of the PCID the same', async () => {
    const otherPcid = 'WCGDEMO1234567891';
    const { certificate } = await issueProvisioningCertificate(world.pki, { pcid: otherPcid });
    world.harness.pools.cars.set(otherPcid, { certificate, installedRoots: [] });
    const octets = new Set<string>();
    for (const target of [{ pcid }, { pcid: otherPcid }, {}, { pcid: pcid.toLowerCase() }]) {
      octets.add((await world.signed({ ...world.input, ...target })).octets);
    }
    expect(octets.size).toBe(3);
    expect(await world.stored()).toHaveLength(3);
  });

  it('is signed anew by the next signer once the chain of the first has ended', async () => {
    const first = await world.signed({ ...world.input, pcid });
    const leaf = await issueLeaf(world.pki.cps.subCa2, {
      commonName: 'Next quarter',
      notBefore: new Date(start.getTime() + 30 * day),
      notAfter: new Date(start.getTime() + 120 * day),
    });
    await world.addSigner({ ...world.pki.cps, leaf });
    world.harness.clock.advance(60 * day);
    expect((await world.signed({ ...world.input, pcid })).octets).toBe(first.octets);
    world.harness.clock.advance(40 * day);
    const second = await world.signed({ ...world.input, pcid });
    expect(second.result.cpsSigner?.certificate.fingerprint).toBe(leaf.certificate.fingerprint);
    expect(await world.stored()).toHaveLength(1);
  });
});

describe('which signer signs', () => {
  beforeEach(() => world.addSigner(world.otherPki.cps));

  const signerFor = async (variables: object) => {
    const { octets, result } = await world.signed({ ...world.input, ...variables });
    const roots = [world.pki, world.otherPki].map(({ v2gRoot }) => v2gRoot.certificate);
    return { fingerprint: result.cpsSigner?.certificate.fingerprint, root: readAsCar(octets, roots).cpsRoot };
  };

  it('is the default one when neither request nor car asks for a root', async () => {
    expect(await signerFor({ pcid })).toMatchObject({ fingerprint: fingerprintOf(world.pki.cps) });
  });

  it('is the one under the V2G root that the request asks for, each root side by side', async () => {
    for (const { cps, v2gRoot } of [world.otherPki, world.pki]) {
      const { fingerprint } = v2gRoot.certificate;
      const { root, fingerprint: signer } = await signerFor({ pcid, v2gRootFingerprint: fingerprint });
      expect(signer).toBe(fingerprintOf(cps));
      expect(root?.fingerprint).toBe(fingerprint);
    }
    expect(await world.stored()).toHaveLength(2);
  });

  it('is one under a V2G root installed in the car', async () => {
    const identifier = world.otherPki.v2gRoot.certificate.subjectKeyIdentifier ?? '';
    const installedRoots = ['00:11:22', identifier.toUpperCase().replace(/..(?=.)/g, '$&:')];
    world.harness.pools.cars.set(pcid, { certificate: world.car.certificate, installedRoots });
    expect(await signerFor({ pcid })).toMatchObject({ fingerprint: fingerprintOf(world.otherPki.cps) });
    const asked = { pcid, v2gRootFingerprint: world.pki.v2gRoot.certificate.fingerprint };
    expect(await signerFor(asked)).toMatchObject({ fingerprint: fingerprintOf(world.pki.cps) });
  });

  it('is the default one when no signer has a root that is installed in the car', async () => {
    world.harness.pools.cars.set(pcid, { certificate: world.car.certificate, installedRoots: ['00:11:22'] });
    expect(await signerFor({ pcid })).toMatchObject({ fingerprint: fingerprintOf(world.pki.cps) });
  });

  it('is none under a root that no signer has', async () => {
    await world.expectRefusal(
      { ...world.input, pcid, v2gRootFingerprint: 'a'.repeat(64) },
      'SIGNER_UNAVAILABLE',
      'v2gRootFingerprint',
    );
  });

  it('is none once every chain has ended', async () => {
    world.harness.clock.advance(91 * day);
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
  });

  it('is none under a root that the root pool no longer holds as a V2G root', async () => {
    world.harness.pools.roots.splice(0, 1);
    await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
  });
});
