import { emptyTables } from '@chargegraph/database/testing';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { ManualClock } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addCa,
  addContractCa,
  caInput,
  generateContractData,
  nextYear,
  v2gMo,
} from './testing/generation.fixture.ts';
import { addCpsSigner, operator, signerInput, start } from './testing/harness.fixture.ts';
import { emaid, pcid, startWorld, type World } from './testing/world.fixture.ts';

const clock = new ManualClock(start);
const checker = createToldChecker(clock);
let world: World;

beforeAll(async () => {
  const revocation = { checker, policy: 'soft' } as const;
  world = await startWorld({ revocation }, { ocspUrl: 'http://responder.test' });
  await world.reset();
});
afterAll(() => world.harness.stop());
beforeEach(async () => {
  // The clock only goes on: what the service knows of its certificates it goes on knowing.
  const { database, pools } = world.harness;
  await emptyTables(database, 'signing_result', 'contract_ca', 'issued_certificate');
  const { fingerprint } = world.pki.cps.leaf.certificate;
  await database.execute('DELETE FROM cps_signer WHERE fingerprint <> $1', [fingerprint]);
  await database.execute('UPDATE cps_signer SET is_default = true');
  pools.publications.length = 0;
  pools.refusals = [];
});

const hour = 3_600_000;

/** Has certificates revoked for as long as `work` runs, and everything asked about anew, before and after. */
async function whileRevoked(certificates: readonly Certificate[], work: () => Promise<void>): Promise<void> {
  const tell = (status: 'GOOD' | 'REVOKED') => {
    clock.advance(2 * hour);
    world.harness.clock.set(clock.now());
    for (const each of certificates) checker.tell(each, { status, ...(status === 'REVOKED' && hold) });
  };
  tell('REVOKED');
  try {
    await work();
  } finally {
    tell('GOOD');
  }
}
const hold = { reason: 'certificateHold', revokedAt: start } as const;

async function mutate(name: string, query: string, input: object, caller = operator) {
  const { data, errors } = await world.harness.run(caller, query, { input });
  expect(errors).toBeUndefined();
  return data?.[name] as { userErrors: object[] };
}

const generate = () =>
  mutate('generateContractData', generateContractData, { pcid, emaid, ...nextYear }, v2gMo);

describe('what is revoked', () => {
  it('is not signed: a contract, naming the field that it or its sub-CA came in', async () => {
    const certificate = parseCertificate(world.input.contractCertificate);
    await whileRevoked([certificate], () =>
      world.expectRefusal({ ...world.input, pcid }, 'CERTIFICATE_REVOKED', 'contractCertificate'),
    );
    await whileRevoked([world.pki.mo.subCa1.certificate], () =>
      world.expectRefusal({ ...world.input, pcid }, 'CERTIFICATE_REVOKED', 'subCaCertificates'),
    );
    await world.signed({ ...world.input, pcid });
  });

  it('does not sign: another signer under the root does, and nobody when there is none', async () => {
    await whileRevoked([world.pki.cps.leaf.certificate], async () => {
      await world.expectRefusal({ ...world.input, pcid }, 'SIGNER_UNAVAILABLE', null);
      await world.addSigner(world.otherPki.cps, true);
      const { result } = await world.signed({ ...world.input, pcid });
      expect(result.cpsSigner?.certificate.fingerprint).toBe(world.otherPki.cps.leaf.certificate.fingerprint);
    });
  });

  it('is not added: a signer, a CA', async () => {
    const { cps, mo } = world.otherPki;
    world.harness.pools.roots.push({ type: 'MO', certificate: world.otherPki.moRoot.certificate });
    await whileRevoked([cps.leaf.certificate, mo.subCa1.certificate], async () => {
      const signer = await mutate('addCpsSigner', addCpsSigner, await signerInput(world.harness, cps));
      expect(signer).toMatchObject({
        cpsSigner: null,
        userErrors: [{ code: 'CERTIFICATE_REVOKED', path: ['input', 'certificate'] }],
      });
      const ca = await mutate('addContractCa', addContractCa, await caInput(world.harness, mo));
      expect(ca).toMatchObject({
        contractCa: null,
        userErrors: [{ code: 'CERTIFICATE_REVOKED', path: ['input', 'subCaCertificates'] }],
      });
    });
  });

  it('issues no contract: another CA does, and none when there is no other', async () => {
    await addCa(world.harness, world.pki.mo);
    await whileRevoked([world.pki.mo.subCa2.certificate], async () => {
      expect((await generate()).userErrors).toMatchObject([{ code: 'SIGNER_UNAVAILABLE' }]);
      await world.expectNothingSigned();
      await addCa(world.harness, world.pki.v2gMo);
      expect((await generate()).userErrors).toEqual([]);
    });
  });
});

describe('what is signed for a car that changes meanwhile', () => {
  const car = () => ({ certificate: world.car.certificate, installedRoots: [], epoch: '7' });

  it('is handed to the contract pool with the epoch that it was made for', async () => {
    await addCa(world.harness, world.pki.mo);
    const { cars, publications } = world.harness.pools;
    cars.set(pcid, car());
    await world.signed({ ...world.input, pcid });
    expect((await generate()).userErrors).toEqual([]);
    expect(publications.map(({ contractEpoch }) => contractEpoch)).toEqual(['7', '7']);
  });

  it('is refused when the contract pool says so, about the car', async () => {
    world.harness.pools.refusals = [
      { code: 'CONFLICT', message: 'It has changed.', path: ['input', 'contractEpoch'] },
    ];
    const { userErrors } = await world.sign({ ...world.input, pcid });
    expect(userErrors).toEqual([{ code: 'CONFLICT', message: 'It has changed.', path: ['input', 'pcid'] }]);
  });
});
