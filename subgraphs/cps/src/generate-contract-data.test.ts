import { emptyTables } from '@chargegraph/database/testing';
import { globalId } from '@chargegraph/graph';
import { partnerRoles, type Caller } from '@chargegraph/identity';
import {
  contractKeyFits,
  emaidCheckDigit,
  iso20ContractKeyFits,
  unwrapContractKey,
  unwrapIso20ContractKey,
} from '@chargegraph/iso15118';
import {
  checkProfile,
  createDemoPki,
  issueProvisioningCertificate,
  parseCertificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callerWith, day, operator, start } from './testing/harness.fixture.ts';
import {
  addCa,
  generateContractData,
  nextYear,
  retireContractCa,
  v2gMo,
  type Generated,
} from './testing/generation.fixture.ts';
import { readAsIso20Car } from './testing/iso20.fixture.ts';
import { readAsCar } from './testing/signing.fixture.ts';
import { emaid, pcid, startWorld, type World } from './testing/world.fixture.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.harness.stop());
beforeEach(() => world.reset());

async function generate(change: object = {}, caller: Caller = v2gMo): Promise<Generated> {
  const input = { pcid, emaid, ...nextYear, ...change };
  const { data, errors } = await world.harness.run(caller, generateContractData, { input });
  expect(errors).toBeUndefined();
  return data?.['generateContractData'] as Generated;
}

interface IssuedRow {
  readonly fingerprint: string;
  readonly ca_fingerprint: string;
  readonly serial_number: string;
  readonly emaid: string;
  readonly pcid: string;
  readonly not_before: Date;
  readonly not_after: Date;
}

const issued = () =>
  world.harness.database.query<IssuedRow>('SELECT * FROM issued_certificate ORDER BY issued_at');

async function expectRefusal(change: object, code: string, field: string | null, message?: string) {
  const { userErrors, ...rest } = await generate(change);
  const path = field === null ? null : ['input', field];
  expect(userErrors).toMatchObject([{ code, path, ...(message !== undefined && { message }) }]);
  expect(Object.values(rest).every((value) => value === null)).toBe(true);
  expect(await issued()).toEqual([]);
  await world.expectNothingSigned();
}

const at = (days: number) => new Date(start.getTime() + days * day).toISOString();

describe('generating a contract', () => {
  beforeEach(() => addCa(world.harness, world.pki.mo));

  it('gives what the car accepts, strictly after the profile, and a contract in the pool', async () => {
    const { signedContractData, contractCertificate, userErrors, ...rest } = await generate();
    expect(userErrors).toEqual([]);
    expect(rest).toEqual({
      emaid,
      contract: { id: globalId('Contract', emaid) },
      cpsSigner: { certificate: { fingerprint: world.pki.cps.leaf.certificate.fingerprint } },
    });
    const { v2gRoot, moRoot, mo } = world.pki;
    const view = readAsCar(signedContractData ?? '', [v2gRoot.certificate, moRoot.certificate]);
    expect(view.signatureValid).toBe(true);
    expect(view.cpsRoot?.fingerprint).toBe(v2gRoot.certificate.fingerprint);
    const { certificate: der, subCertificates } = view.body.contractSignatureCertChain;
    expect(subCertificates).toEqual([mo.subCa2.certificate.der, mo.subCa1.certificate.der]);
    const certificate = parseCertificate(der);
    expect(certificate.fingerprint).toBe(contractCertificate?.fingerprint);
    expect(
      checkProfile(certificate, 'CONTRACT_LEAF', { profile: 'strict', issuer: mo.subCa2.certificate }),
    ).toEqual([]);
    expect(certificate.isSignedBy(mo.subCa2.certificate)).toBe(true);
    expect(contractCertificate).toMatchObject({
      notBefore: nextYear.contractBegins,
      notAfter: nextYear.contractEnds,
    });
    const scalar = unwrapContractKey({
      encryptedPrivateKey: view.body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: view.body.dhPublicKey.value,
      oemPrivateKey: world.car.privateKey,
    });
    expect(contractKeyFits(scalar, certificate.der)).toBe(true);
  });

  it('keeps the certificate and nothing of its private key, and records it', async () => {
    const { contractCertificate, signedContractData } = await generate();
    expect(await issued()).toMatchObject([
      {
        fingerprint: contractCertificate?.fingerprint,
        ca_fingerprint: world.pki.mo.subCa2.certificate.fingerprint,
        serial_number: contractCertificate?.serialNumber,
        emaid,
        pcid,
        not_before: new Date(nextYear.contractBegins),
        not_after: new Date(nextYear.contractEnds),
      },
    ]);
    expect((await world.harness.writes()).slice(-1)).toMatchObject([
      { action: 'generateContractData', object: `Contract ${emaid}` },
    ]);
    const body = readAsCar(signedContractData ?? '', []).body;
    const scalar = Buffer.from(
      unwrapContractKey({
        encryptedPrivateKey: body.contractSignatureEncryptedPrivateKey.value,
        dhPublicKey: body.dhPublicKey.value,
        oemPrivateKey: world.car.privateKey,
      }),
    ).toString('hex');
    const tables = ['issued_certificate', 'signing_result', 'contract_ca', 'cps_signer'];
    for (const table of [...tables, 'audit_open', 'audit_record']) {
      const rows = await world.harness.database.query(`SELECT t::text FROM ${table} t`);
      expect(JSON.stringify(rows)).not.toContain(scalar);
    }
  });

  it('makes a new certificate in place of the one before when it is asked again', async () => {
    const first = await generate();
    world.harness.clock.advance(1_000);
    const second = await generate();
    expect(second.contractCertificate?.fingerprint).not.toBe(first.contractCertificate?.fingerprint);
    expect(second.contract).toEqual(first.contract);
    const held = [...(world.harness.pools.contracts.get(emaid)?.variants.values() ?? [])];
    expect(held.map(({ exi }) => exi.toString('base64'))).toEqual([second.signedContractData]);
    expect(await issued()).toHaveLength(2);
  });

  it('hands it to the contract pool as a service that acts for the operator', async () => {
    await generate();
    const caller = world.harness.pools.publications[0]?.context.caller;
    expect(caller?.clientId).toBe('cps:test-client');
    expect([...(caller?.providerIds ?? [])]).toEqual(['DEABC']);
  });

  it('asks for the CA’s OCSP responder to be named in the certificate', async () => {
    const ocspUrl = 'http://ocsp.example.invalid/mo';
    await addCa(world.harness, world.pki.mo, { ocspUrl });
    const { contractCertificate } = await generate();
    expect(parseCertificate(contractCertificate?.pem ?? '').ocspUrls).toEqual([ocspUrl]);
  });

  it('spells the EMAID without hyphens in upper case, with a right check digit or none', async () => {
    const digit = emaidCheckDigit(emaid);
    const { contractCertificate } = await generate({ emaid: `de-abc-000000001-${digit}` });
    expect(contractCertificate?.subject).toContain(`CN=${emaid}${digit}`);
    const wrong = digit === '0' ? '1' : '0';
    const { userErrors } = await generate({ emaid: `${emaid}${wrong}` });
    expect(userErrors).toMatchObject([{ code: 'BAD_INPUT', path: ['input', 'emaid'] }]);
    expect(await issued()).toHaveLength(1);
  });

  it('is signed under the V2G root that is asked for', async () => {
    await world.addSigner(world.otherPki.cps);
    const v2gRootFingerprint = world.otherPki.v2gRoot.certificate.fingerprint;
    const { signedContractData } = await generate({ v2gRootFingerprint });
    const view = readAsCar(signedContractData ?? '', [world.otherPki.v2gRoot.certificate]);
    expect(view.cpsRoot?.fingerprint).toBe(v2gRootFingerprint);
  });

  it('passes on what the contract pool says', async () => {
    const message = 'Invalid Tupple - EMAID is already used by other PCID.';
    world.harness.pools.refusals = [{ message, code: 'EMAID_IN_USE', path: ['input', 'pcid'] }];
    const { userErrors, signedContractData } = await generate();
    expect(userErrors).toEqual([{ message, code: 'EMAID_IN_USE', path: ['input', 'pcid'] }]);
    expect(signedContractData).toBeNull();
  });

  it.each([
    [
      'contractEnds',
      { contractBegins: at(-400), contractEnds: at(0) },
      'The given contractEnds date is in the past.',
    ],
    ['contractEnds', { contractBegins: at(10), contractEnds: at(9) }, 'The contract ends before it begins.'],
    ['contractEnds', { contractEnds: at(20) }, 'A contract certificate is valid for 28 to 732 days.'],
    ['contractEnds', { contractEnds: at(900) }, 'A contract certificate is valid for 28 to 732 days.'],
    ['contractEnds', { contractBegins: at(3_500), contractEnds: at(3_900) }, undefined],
    ['contractBegins', { contractBegins: at(-30) }, 'The contract would begin before the CA that issues it.'],
    [
      'emaid',
      { emaid: 'DEABC00000000000001' },
      'emaid : must match "^[A-Za-z]{2}[-]?\\w{3}[-]?\\w{9}[-]?(\\w{1})?$"',
    ],
  ])('refuses a wrong %s: %j', async (field, change, message) => {
    await expectRefusal(change, 'BAD_INPUT', field, message);
  });

  it('refuses an unknown car with the sentence for it', async () => {
    const message = 'The OEM provisioning certificate with the given PCID is not available.';
    await expectRefusal({ pcid: 'WCGDEMO9999999999' }, 'NOT_FOUND', 'pcid', message);
  });

  it('refuses a car whose key no contract key can be wrapped for', async () => {
    const pki = await createDemoPki({ now: start, edition: '-20' });
    const { certificate } = await issueProvisioningCertificate(pki, { pcid });
    world.harness.pools.cars.set(pcid, { certificate, installedRoots: [] });
    await expectRefusal({}, 'CERTIFICATE_INVALID', 'pcid');
  });

  it.each([
    ...partnerRoles.filter((role) => role !== 'MO_V2G_PKI').map((role) => [role, ['DEABC']] as const),
    ['MO_V2G_PKI', ['DEXYZ']] as const,
  ])('is not for %s of %j', async (role, providerIds) => {
    const input = { pcid, emaid, ...nextYear };
    const response = await world.harness.run(callerWith([role], providerIds), generateContractData, {
      input,
    });
    expect(response.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect(await issued()).toEqual([]);
    await world.expectNothingSigned();
  });

  it('fails without an answer of the contract pool, and works when it is asked again', async () => {
    world.harness.pools.down.add('publishContract');
    const input = { pcid, emaid, ...nextYear };
    const response = await world.harness.run(v2gMo, generateContractData, { input });
    expect(response.errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    world.harness.pools.down.clear();
    expect((await generate()).contract?.id).toBe(globalId('Contract', emaid));
  });
});

describe('the CA that issues', () => {
  const issuer = async (change: object = {}) => {
    const { userErrors } = await generate(change);
    expect(userErrors).toEqual([]);
    return (await issued()).at(-1)?.ca_fingerprint;
  };
  const fingerprintOf = ({ subCa2 }: { subCa2: IssuedCertificate }) => subCa2.certificate.fingerprint;

  it('is none unless there is one', async () => {
    await expectRefusal({}, 'SIGNER_UNAVAILABLE', null);
  });

  it('is one for the operator before one for all, and never another operator’s', async () => {
    await addCa(world.harness, world.pki.v2gMo, { providerIds: ['DEXYZ'] });
    await expectRefusal({}, 'SIGNER_UNAVAILABLE', null);
    await addCa(world.harness, world.pki.mo);
    expect(await issuer()).toBe(fingerprintOf(world.pki.mo));
    await addCa(world.harness, world.pki.v2gMo, { providerIds: ['DEXYZ', 'DEABC'] });
    world.harness.clock.advance(1_000);
    expect(await issuer()).toBe(fingerprintOf(world.pki.v2gMo));
  });

  it('is one that lasts as long as the contract', async () => {
    await addCa(world.harness, world.pki.v2gMo, { providerIds: ['DEABC'] });
    await addCa(world.harness, world.pki.mo);
    expect(await issuer({ contractBegins: at(300), contractEnds: at(1_000) })).toBe(
      fingerprintOf(world.pki.mo),
    );
  });

  it('is none that is retired, or whose root the root pool no longer holds', async () => {
    const id = await addCa(world.harness, world.pki.mo);
    await addCa(world.harness, world.pki.v2gMo);
    const { data } = await world.harness.run(operator, retireContractCa, { input: { id, reason: 'old' } });
    expect(data).toMatchObject({ retireContractCa: { userErrors: [] } });
    expect(await issuer()).toBe(fingerprintOf(world.pki.v2gMo));
    await emptyTables(world.harness.database, 'issued_certificate', 'signing_result');
    await addCa(world.harness, world.otherPki.v2gMo);
    world.harness.pools.roots.splice(0, 1);
    const v2gRootFingerprint = world.otherPki.v2gRoot.certificate.fingerprint;
    await world.addSigner(world.otherPki.cps);
    expect(await issuer({ v2gRootFingerprint })).toBe(fingerprintOf(world.otherPki.v2gMo));
  });
});

describe('generating a contract of ISO 15118-20', () => {
  let pki: DemoPki;
  let car: IssuedCertificate;
  const namespace = 'ISO15118_20';

  beforeAll(async () => {
    pki = await createDemoPki({ now: start, edition: '-20' });
    car = await issueProvisioningCertificate(pki, { pcid });
  });
  beforeEach(async () => {
    const { pools } = world.harness;
    pools.roots.push(
      { type: 'V2G', certificate: pki.v2gRoot.certificate },
      { type: 'MO', certificate: pki.moRoot.certificate },
    );
    pools.cars.set(`${pcid} ISO15118_20`, { certificate: car.certificate, installedRoots: [] });
    await world.addSigner(pki.cps, false, namespace);
    await addCa(world.harness, pki.mo, { namespace });
    await addCa(world.harness, world.pki.mo);
  });

  it('gives what the car accepts, beside one of ISO 15118-2', async () => {
    const { signedContractData, userErrors } = await generate({ namespace, contractBegins: at(0) });
    expect(userErrors).toEqual([]);
    const roots = [pki.v2gRoot.certificate, pki.moRoot.certificate];
    const { verdict, cpsRoot, contractRoot, body } = readAsIso20Car(signedContractData ?? '', roots);
    expect(verdict.valid).toBe(true);
    expect([cpsRoot?.fingerprint, contractRoot?.fingerprint]).toEqual(roots.map((root) => root.fingerprint));
    const { contractCertificateChain, ...wrapped } = body.signedInstallationData;
    const certificate = parseCertificate(contractCertificateChain.certificate);
    expect(
      checkProfile(certificate, 'CONTRACT_LEAF', {
        edition: '-20',
        profile: 'strict',
        issuer: pki.mo.subCa2.certificate,
      }),
    ).toEqual([]);
    const key = unwrapIso20ContractKey({
      ...wrapped,
      pcid,
      contractCertificate: certificate.der,
      oemPrivateKey: car.privateKey,
    });
    expect(iso20ContractKeyFits(key, certificate.der)).toBe(true);

    expect((await generate()).userErrors).toEqual([]);
    expect(world.harness.pools.contracts.get(emaid)?.variants.size).toBe(2);
    expect(await issued()).toHaveLength(2);
  });

  it('takes a long EMAID', async () => {
    const long = 'DEABC000000000000000000001';
    const { emaid: shown, userErrors } = await generate({ namespace, emaid: long });
    expect(userErrors).toEqual([]);
    expect(shown).toBe(long);
  });
});
