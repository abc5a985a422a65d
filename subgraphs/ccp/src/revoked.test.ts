import { emptyTables } from '@chargegraph/database/testing';
import { createToldChecker } from '@chargegraph/revocation/testing';
import { ManualClock } from '@chargegraph/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cpsForMo, mo } from './testing/callers.ts';
import { start } from './testing/harness.ts';
import { expectIso20Refusal, longEmaid, startIso20Scene, type Iso20Scene } from './testing/iso20-scene.ts';
import { publish, readContract } from './testing/operations.ts';
import { untouched } from './testing/scene.ts';

const checker = createToldChecker(new ManualClock(start));
let scene: Iso20Scene;

beforeAll(async () => {
  const revocation = { checker, policy: 'soft' } as const;
  scene = await startIso20Scene({ revocation, pki: { ocspUrl: 'http://responder.test' } });
});
afterAll(() => scene.harness.stop());
beforeEach(() => scene.reset());

const otherEmaid = 'DEABCC0000000000000000000002';
const revoked = { status: 'REVOKED' } as const;

/** Publishes a contract of ISO 15118-20, of which another process of the pool then learns that it is revoked. */
async function publishRevoked(emaid: string): Promise<void> {
  await scene.publishData20({ emaid });
  const { data } = await scene.harness.run(mo, readContract, { emaid });
  const { signedData } = data?.['contract'] as {
    signedData: readonly [{ contractCertificate: { fingerprint: string } }];
  };
  const { fingerprint } = signedData[0].contractCertificate;
  await scene.harness.database.execute(
    `UPDATE certificate_status SET status = 'REVOKED', revoked_at = now() WHERE fingerprint = $1`,
    [fingerprint],
  );
  // A process looks into the table again after ten minutes.
  scene.harness.clock.advance(11 * 60_000);
}

describe('a car of ISO 15118-20', () => {
  it('is given its other contracts when one is revoked', async () => {
    await publishRevoked(longEmaid);
    await scene.publishData20({ emaid: otherEmaid });
    const answer = await scene.request20({ maximum: 5 });
    expect(answer.contracts).toMatchObject([{ emaid: otherEmaid, remaining: 0 }]);
  });

  it('is given none when all are', async () => {
    await publishRevoked(longEmaid);
    const answer = await scene.request20({ maximum: 5 });
    expectIso20Refusal(answer, 'NO_CONTRACT', 'WARNING_NoCertificateAvailable', /has been revoked/);
  });

  it('is given none when it is revoked itself, or what issued its certificate', async () => {
    await scene.publishData20();
    // What was good holds for an hour.
    scene.harness.clock.advance(61 * 60_000);
    checker.tell(scene.car20.certificate, revoked);
    const own = await scene.request20();
    expectIso20Refusal(own, 'REVOKED', 'WARNING_CertificateRevoked', /has been revoked/);
    checker.tell(scene.car20.certificate, { status: 'GOOD' });
    checker.tell(scene.pki20.oem.subCa2.certificate, { ...revoked, reason: 'certificateHold' });
    await emptyTables(scene.harness.database, 'certificate_status');
    scene.harness.clock.advance(61 * 60_000);
    const above = await scene.request20();
    expectIso20Refusal(above, 'CHAIN_ERROR', 'WARNING_CertificateValidationError', /is on hold/);
  });
});

describe('data that was made for a former key of its car', () => {
  const publishFor = async (contractEpoch: string) => {
    const signedContractData = await scene.data();
    const input = { signedContractData, pcid: scene.car.pcid, contractEpoch };
    const { data, errors } = await scene.harness.run(cpsForMo, publish, { input });
    expect(errors).toBeUndefined();
    return data?.['publishContract'] as { userErrors: object[] };
  };
  const key = () => ({ pcid: scene.car.pcid.toUpperCase(), namespace: 'ISO15118_2' as const });

  it('is refused when the car has another one by now, and taken when it has not', async () => {
    const { log } = scene.harness.pools;
    const epoch = log.epochOf(key()).toString();
    log.append(key(), 'PROVISIONING_CERTIFICATE_UPDATED', { keyChanged: true });
    expect((await publishFor(epoch)).userErrors).toEqual([
      {
        code: 'CONFLICT',
        path: ['input', 'contractEpoch'],
        message:
          "The car's provisioning certificate has changed meanwhile; try again with data for the present one.",
      },
    ]);
    expect(await scene.harness.snapshot()).toEqual(untouched);
    expect((await publishFor(log.epochOf(key()).toString())).userErrors).toEqual([]);
  });

  it('is refused for an epoch that is none', async () => {
    expect((await publishFor('the next one')).userErrors).toMatchObject([
      { code: 'BAD_INPUT', path: ['input', 'contractEpoch'] },
    ]);
  });
});
