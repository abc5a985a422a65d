import { generateKeyPairSync } from 'node:crypto';
import { iso20ContractKeyFits, unwrapIso20ContractKey } from '@chargegraph/iso15118';
import {
  createDemoPki,
  issueContractCertificate,
  issueProvisioningCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addCpsSigner, day, operator, signerInput, start } from './testing/harness.fixture.ts';
import { issueLeaf } from './testing/issue.fixture.ts';
import { iso20ContractInput, iso20InputOf, readAsIso20Car } from './testing/iso20.fixture.ts';
import { readAsCar, type SignInput } from './testing/signing.fixture.ts';
import { emaid, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;
let pki: DemoPki;
let car: IssuedCertificate;
let input: SignInput;

beforeAll(async () => {
  [world, pki] = await Promise.all([startWorld(), createDemoPki({ now: start, edition: '-20' })]);
  car = await issueProvisioningCertificate(pki, { pcid });
  input = await iso20ContractInput(pki, { emaid, pcid, oemPublicKey: car.certificate.publicKey });
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  await world.reset();
  const { pools } = world.harness;
  pools.roots.push(
    { type: 'V2G', certificate: pki.v2gRoot.certificate },
    { type: 'MO', certificate: pki.moRoot.certificate },
  );
  pools.cars.set(`${pcid} ISO15118_20`, { certificate: car.certificate, installedRoots: [] });
  await world.addSigner(pki.cps, false, 'ISO15118_20');
});

const roots = () => [pki.v2gRoot.certificate, pki.moRoot.certificate];

describe('signing contract data of ISO 15118-20', () => {
  it('gives what the car accepts, and a contract in the pool', async () => {
    const { octets, result } = await world.signed({ ...input, pcid });
    const view = readAsIso20Car(octets, roots());
    expect(view.verdict).toMatchObject({ valid: true, variants: [], problems: [] });
    expect(view.cpsRoot?.fingerprint).toBe(pki.v2gRoot.certificate.fingerprint);
    expect(view.contractRoot?.fingerprint).toBe(pki.moRoot.certificate.fingerprint);
    expect(view.header.sessionId).toEqual(Uint8Array.of(0));
    expect(view.header.timeStamp).toBe(BigInt(start.getTime() / 1000));
    expect(result.emaid).toBe(emaid);
    expect(world.harness.pools.contracts.get(emaid)?.variants.size).toBe(1);

    const { contractCertificateChain, ...wrapped } = view.body.signedInstallationData;
    const scalar = unwrapIso20ContractKey({
      ...wrapped,
      pcid,
      contractCertificate: contractCertificateChain.certificate,
      oemPrivateKey: car.privateKey,
    });
    expect(iso20ContractKeyFits(scalar, contractCertificateChain.certificate)).toBe(true);
  });

  it('goes on beside ISO 15118-2, for the same car and contract', async () => {
    const newer = await world.signed({ ...input, pcid });
    const older = await world.signed({ ...world.input, pcid });
    expect(readAsIso20Car(newer.octets, roots()).verdict.valid).toBe(true);
    expect(readAsCar(older.octets, []).signatureValid).toBe(true);
    expect(newer.result.cpsSigner).not.toEqual(older.result.cpsSigner);
    expect(world.harness.pools.contracts.get(emaid)?.variants.size).toBe(2);
    expect(await world.stored()).toHaveLength(2);
  });

  it('returns it and stores nothing in the contract pool without a PCID', async () => {
    const { octets, result } = await world.signed(input);
    expect(readAsIso20Car(octets, []).verdict.valid).toBe(true);
    expect(result.contract).toBeNull();
    expect(world.harness.pools.publications).toEqual([]);
  });

  it('gives the same octets again', async () => {
    const first = await world.signed({ ...input, pcid });
    world.harness.clock.advance(60_000);
    expect((await world.signed({ ...input, pcid })).octets).toBe(first.octets);
  });

  it('takes EMAIDs of 36 characters', async () => {
    const long = `DEABC${'0'.repeat(30)}1`;
    const request = { emaid: long, pcid, oemPublicKey: car.certificate.publicKey };
    const { result } = await world.signed({ ...(await iso20ContractInput(pki, request)), pcid });
    expect(result.emaid).toBe(long);
  });

  it('takes a key that was wrapped with X448', async () => {
    const { publicKey } = generateKeyPairSync('x448');
    const wrapped = await iso20ContractInput(pki, { emaid, pcid, oemPublicKey: publicKey });
    const { octets } = await world.signed(wrapped);
    expect(readAsIso20Car(octets, []).body.signedInstallationData).toMatchObject({
      ecdhCurve: 'X448',
      encryptedPrivateKey: { kind: 'SECP521' },
    });
  });

  it.each([
    ['encryptedPrivateKey', { encryptedPrivateKey: Buffer.alloc(48).toString('base64') }],
    ['encryptedPrivateKey', { encryptedPrivateKey: Buffer.alloc(84).toString('base64') }],
    ['dhPublicKey', { dhPublicKey: Buffer.alloc(65).toString('base64') }],
    ['dhPublicKey', { dhPublicKey: Buffer.alloc(133, 4).toString('base64') }],
  ])('refuses another size or point in %s', async (field, change) => {
    await world.expectRefusal({ ...input, ...change, pcid }, 'BAD_INPUT', field);
  });

  it('refuses more than three sub-CAs', async () => {
    const [subCa = ''] = input.subCaCertificates;
    const many = { ...input, subCaCertificates: [subCa, subCa, subCa, subCa] };
    await world.expectRefusal(many, 'BAD_INPUT', 'subCaCertificates', 'Give 1 to 3 sub-CA certificates.');
  });

  it('takes certificates of 1,600 octets and refuses larger ones', async () => {
    const issue = (length: number) =>
      issueLeaf(pki.mo.subCa2, {
        commonName: emaid,
        notBefore: start,
        notAfter: new Date(start.getTime() + 365 * day),
        curve: 'P-521',
        organization: 'x'.repeat(length),
      });
    const { size } = (await issue(300)).certificate;
    // Signatures differ by an octet or two.
    const fitting = await issue(300 + 1_590 - size);
    const large = await issue(300 + 1_610 - size);
    const inputFor = (contract: IssuedCertificate) =>
      iso20InputOf(contract, pki, { pcid, oemPublicKey: car.certificate.publicKey });
    await world.expectRefusal(inputFor(large), 'CERTIFICATE_INVALID', 'contractCertificate');
    await world.signed(inputFor(fitting));
  });

  it('refuses a contract of ISO 15118-2', async () => {
    const contract = await issueContractCertificate(world.pki.mo.subCa2, {
      emaid,
      notBefore: start,
      notAfter: new Date(start.getTime() + 365 * day),
    });
    const { certificate } = world.car;
    const older = { ...world.input, namespace: 'ISO15118_20', pcid };
    expect(contract.certificate.curve).toBe(certificate.curve);
    await world.expectRefusal(older, 'CERTIFICATE_INVALID', 'contractCertificate');
  });
});

describe('a signer of ISO 15118-20', () => {
  const add = async (leaf: IssuedCertificate, namespace: string) => {
    const variables = { ...(await signerInput(world.harness, { ...pki.cps, leaf })), namespace };
    const { data } = await world.harness.run(operator, addCpsSigner, { input: variables });
    return data?.['addCpsSigner'] as { userErrors: { code: string; message: string }[] };
  };

  it('has a key on P-521', async () => {
    const request = { commonName: 'CPS', notBefore: start, notAfter: new Date(start.getTime() + 60 * day) };
    const onP256 = await issueLeaf(pki.cps.subCa2, { ...request, curve: 'P-256' });
    expect((await add(onP256, 'ISO15118_20')).userErrors).toMatchObject([{ code: 'CERTIFICATE_INVALID' }]);
    const onP521 = await issueLeaf(pki.cps.subCa2, { ...request, curve: 'P-521' });
    expect((await add(onP521, 'ISO15118_20')).userErrors).toEqual([]);
    expect((await add(onP521, 'ISO15118_2')).userErrors).toMatchObject([{ code: 'CERTIFICATE_INVALID' }]);
  });
});
