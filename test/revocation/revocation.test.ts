import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
import { signOutside } from '../harness/contract-data.ts';
import { formerContract, requestOf, updateRequestOf } from '../harness/car-requests.ts';
import { aboutRevocation } from './queries.ts';
import { startScene, type Scene, type SceneCar, type SceneContract } from './scene.ts';

let scene: Scene;
let car: SceneCar;
let contract: SceneContract;

beforeAll(async () => {
  scene = await startScene();
  car = await scene.newCar();
  contract = await scene.newContract();
  expect(await scene.sign(contract, car)).toEqual([]);
}, 60_000);
afterAll(() => scene.stop());

const delivered = () => ({ outcome: 'DELIVERED', responseCode: 'OK', contracts: [contract.emaid] });
const noContract = { outcome: 'NO_CONTRACT', responseCode: 'FAILED_NoCertificateAvailable', contracts: [] };
const revoked = { outcome: 'REVOKED', responseCode: 'FAILED_CertificateRevoked', contracts: [] };
const chainError = { outcome: 'CHAIN_ERROR', responseCode: 'FAILED_CertChainError', contracts: [] };

const shown = 'revocation { status source checkedAt validUntil revokedAt reason detail }';

interface Revocation {
  readonly status: string;
  readonly checkedAt: string | null;
}
interface Shown {
  readonly verdict: { readonly status: string; readonly source: string; readonly reasons: readonly string[] };
  readonly certificate: { readonly revocation: Revocation };
  readonly subCaCertificates: readonly { readonly revocation: Revocation }[];
}

const readCar = async (doors: Doors, { pcid }: SceneCar): Promise<Shown> => {
  const { provisioningCertificate } = await doors.graphql<{ provisioningCertificate: Shown }>(
    `query ($pcid: PCID!) {
       provisioningCertificate(pcid: $pcid) {
         verdict { status source reasons checkedAt }
         certificate { ${shown} }
         subCaCertificates { ${shown} }
       }
     }`,
    { pcid },
  );
  return provisioningCertificate;
};

const readContract = async (doors: Doors, { emaid }: SceneContract) => {
  const answer = await doors.graphql<{
    contract: {
      signedData: readonly [
        { verdict: Shown['verdict']; contractCertificate: { revocation: Revocation } } & Pick<
          Shown,
          'subCaCertificates'
        >,
      ];
    };
  }>(
    `query ($emaid: EMAID!) {
       contract(emaid: $emaid) {
         signedData {
           verdict { status source reasons checkedAt }
           contractCertificate { ${shown} }
           subCaCertificates { ${shown} }
         }
       }
     }`,
    { emaid },
  );
  return answer.contract.signedData[0];
};

/** Revokes a certificate for as long as `work` runs, and has the ecosystem find it out; that it is good again comes later. */
async function whileRevoked(
  { serialNumber }: { readonly serialNumber: bigint },
  work: () => Promise<void>,
  reason: 'keyCompromise' | 'certificateHold' = 'certificateHold',
): Promise<void> {
  scene.responder.revoke(serialNumber, { reason });
  await scene.later();
  try {
    await work();
  } finally {
    scene.responder.restore(serialNumber);
  }
}

describe('what is good', () => {
  it('is delivered and shown as good, with the source and its time, to all who may see it', async () => {
    expect(await scene.deliver(car)).toEqual(delivered());
    const good = { status: 'GOOD', source: 'OCSP', checkedAt: expect.any(String) as string };
    for (const doors of [scene.doors.oem, scene.doors.mo]) {
      expect(await readCar(doors, car)).toMatchObject({
        verdict: { status: 'VALID', source: 'CHAIN', reasons: [] },
        certificate: { revocation: { ...good, revokedAt: null, reason: null } },
        subCaCertificates: [{ revocation: good }, { revocation: good }],
      });
    }
    expect(await readContract(scene.doors.mo, contract)).toMatchObject({
      verdict: { status: 'VALID' },
      contractCertificate: { revocation: good },
      subCaCertificates: [{ revocation: good }, { revocation: good }],
    });
  });

  it('can be updated by its car', async () => {
    const request = await updateRequestOf(scene.pki, contract.emaid, randomBytes(8));
    expect(await scene.ask(request)).toEqual(delivered());
  });

  it.each<[string, () => Promise<unknown>]>([
    ['published', () => scene.publish(car)],
    ['handed out', () => readCar(scene.doors.mo, car)],
    ['signed', () => scene.sign(contract, car)],
    ['delivered', () => scene.deliver(car)],
  ])('takes no query and no request to be %s once it is known', async (_, work) => {
    await work();
    const before = scene.responder.requests.length;
    const { queries, result } = await aboutRevocation(scene.world, work);
    expect(result).not.toMatchObject([{}]);
    expect(queries).toEqual([]);
    expect(scene.responder.requests.length).toBe(before);
    // What was published elsewhere meanwhile is new: it is looked up, and asked about.
    const fresh = await scene.newCar(false);
    const first = await aboutRevocation(scene.world, () => scene.publish(fresh));
    expect(first.queries).toHaveLength(2);
  });

  it('shows of a root that nobody can be asked', async () => {
    const { operator } = scene.doors;
    const roots = await operator.graphql<{ rootCertificates: { nodes: { certificate: unknown }[] } }>(
      `{ rootCertificates(first: 100) { nodes { certificate { ${shown} } } } }`,
    );
    for (const { certificate } of roots.rootCertificates.nodes) {
      // A root names no source of its own.
      expect(certificate).toEqual({
        revocation: {
          status: 'NOT_CHECKED',
          source: 'NONE',
          checkedAt: null,
          validUntil: null,
          revokedAt: null,
          reason: null,
          detail: 'The certificate names neither an OCSP responder nor a CRL.',
        },
      });
    }
  });
});

describe('a revoked certificate of a car', () => {
  it('is not published, naming its field; nor is what a revoked sub-CA issued', async () => {
    const fresh = await scene.newCar(false);
    scene.responder.revoke(fresh.certificate.serialNumber);
    expect(await scene.publish(fresh)).toEqual([
      {
        code: 'CERTIFICATE_REVOKED',
        message: `The certificate ${fresh.certificate.subject} has been revoked.`,
        path: ['input', 'vehicleCertificate'],
      },
    ]);
    const { subCa1, subCa2 } = scene.pki.oem;
    for (const [{ certificate }, field] of [
      [subCa1, 'subCa1Certificate'],
      [subCa2, 'subCa2Certificate'],
    ] as const) {
      await whileRevoked(certificate, async () => {
        expect(await scene.publish(await scene.newCar(false))).toMatchObject([
          { code: 'CERTIFICATE_REVOKED', path: ['input', field] },
        ]);
        expect(await readCar(scene.doors.mo, car)).toMatchObject({
          verdict: { status: 'INVALID_CHAIN', source: 'OCSP' },
        });
        expect(await scene.deliver(car)).toEqual(chainError);
      });
    }
  });

  it('gets no contract, is shown as revoked to who asks for it, and does again when its hold is lifted', async () => {
    await whileRevoked(car.certificate, async () => {
      expect(await scene.deliver(car)).toEqual(revoked);
      const request = await requestOf(scene.pki, car.certificate, car.privateKey);
      const answer = await scene.doors.cpo.rest('POST', '/v1/ccp/signedContractData', {
        certificateInstallationReq: request,
      });
      expect(answer.status).toBe(200);
      expect(await readCar(scene.doors.mo, car)).toMatchObject({
        verdict: { status: 'REVOKED', source: 'OCSP', reasons: [expect.stringContaining('is on hold')] },
        certificate: { revocation: { status: 'REVOKED', reason: 'CERTIFICATE_HOLD' } },
      });
      // The pool's table has it by now, for those too whom it asks nobody for.
      expect((await readCar(scene.doors.oem, car)).verdict.status).toBe('REVOKED');
    });
    await scene.later();
    expect(await scene.deliver(car)).toEqual(delivered());
    expect((await readCar(scene.doors.mo, car)).verdict.status).toBe('VALID');
  });
});

describe('a revoked contract', () => {
  it('is neither signed nor published nor delivered; its car maker gets it with the verdict beside', async () => {
    const fresh = await scene.newContract();
    scene.responder.revoke(fresh.certificate.serialNumber, { reason: 'keyCompromise' });
    expect(await scene.sign(fresh, car)).toMatchObject([
      { code: 'CERTIFICATE_REVOKED', path: ['input', 'contractCertificate'] },
    ]);
    await whileRevoked(contract.certificate, async () => {
      expect(await scene.deliver(car)).toEqual(noContract);
      expect(await readContract(scene.doors.mo, contract)).toMatchObject({
        verdict: { status: 'REVOKED', source: 'OCSP' },
        contractCertificate: { revocation: { status: 'REVOKED' } },
      });
      const { provideContract } = await scene.doors.oem.graphql<{ provideContract: object }>(
        `mutation ($input: ProvideContractInput!) {
           provideContract(input: $input) {
             certificateInstallationRes signedData { verdict { status } } userErrors { message }
           }
         }`,
        { input: { emaid: contract.emaid, pcid: car.pcid } },
      );
      expect(provideContract).toMatchObject({
        certificateInstallationRes: expect.any(String) as string,
        signedData: { verdict: { status: 'REVOKED' } },
        userErrors: [],
      });
    });
  });

  it('cannot be updated by its car', async () => {
    const former = await formerContract(scene.pki, contract.emaid);
    scene.responder.revoke(former.certificate.serialNumber);
    const request = await updateRequestOf(scene.pki, contract.emaid, randomBytes(8), former);
    expect(await scene.ask(request)).toEqual(revoked);
  });

  it('falls with its sub-CA: it is neither signed nor delivered, and its chain is invalid', async () => {
    await whileRevoked(scene.pki.mo.subCa2.certificate, async () => {
      expect(await scene.deliver(car)).toEqual(noContract);
      expect(await scene.sign(await scene.newContract(), car)).toMatchObject([
        { code: 'CERTIFICATE_REVOKED', path: ['input', 'subCaCertificates'] },
      ]);
      expect(await readContract(scene.doors.mo, contract)).toMatchObject({
        verdict: { status: 'INVALID_CHAIN', source: 'OCSP' },
        contractCertificate: { revocation: { status: 'GOOD' } },
      });
    });
  });
});

describe('a revoked signer', () => {
  it('signs nothing more, and what it signed is neither published nor delivered', async () => {
    const { pki, doors } = scene;
    const outside = await signOutside({ ...contract, car: car.certificate, mo: pki, cps: pki });
    await whileRevoked(pki.cps.leaf.certificate, async () => {
      expect(await scene.sign(await scene.newContract(), car)).toMatchObject([
        { code: 'SIGNER_UNAVAILABLE' },
      ]);
      expect(await scene.deliver(car)).toEqual(noContract);
      const { publishContract } = await doors.mo.graphql<{ publishContract: object }>(
        `mutation ($input: PublishContractInput!) {
           publishContract(input: $input) { userErrors { code path } }
         }`,
        { input: { signedContractData: outside, pcid: car.pcid } },
      );
      expect(publishContract).toEqual({
        userErrors: [{ code: 'CERTIFICATE_REVOKED', path: ['input', 'signedContractData'] }],
      });
      const { cpsSigners } = await doors.operator.graphql<{ cpsSigners: { nodes: Shown[] } }>(
        `query ($where: CpsSignerFilter) {
           cpsSigners(where: $where, first: 10) { nodes { verdict { status source } } }
         }`,
        { where: { fingerprint: [pki.cps.leaf.certificate.fingerprint] } },
      );
      expect(cpsSigners.nodes).toEqual([{ verdict: { status: 'REVOKED', source: 'OCSP' } }]);
    });
  });
});

describe('when the responder is away', () => {
  it('is as if nothing were known under soft; under hard nothing is accepted, until it is back', async () => {
    const { responder, doors } = scene;
    const fresh = await scene.newCar(false);
    // What was on hold until now is found good first: a hold that nobody lifts stands.
    await scene.later();
    expect(await scene.deliver(car)).toEqual(delivered());
    responder.behave('HANG_UP');
    try {
      await scene.later('soft');
      expect(await scene.deliver(car)).toEqual(delivered());
      expect(await scene.publish(fresh)).toEqual([]);
      expect(await readCar(doors.mo, fresh)).toMatchObject({
        verdict: { status: 'VALID' },
        certificate: { revocation: { status: 'UNKNOWN', source: 'NONE' } },
      });
      await scene.later('hard');
      expect(await scene.deliver(car)).toEqual(chainError);
      await expect(scene.publish(fresh)).rejects.toThrow('is revoked could not be found out');
      // Showing refuses nothing.
      expect((await readCar(doors.mo, fresh)).verdict.status).toBe('VALID');
      await scene.later('off');
      const before = responder.requests.length;
      expect(await scene.deliver(car)).toEqual(delivered());
      expect(await readCar(doors.mo, await scene.newCar())).toMatchObject({
        verdict: { status: 'VALID' },
        certificate: {
          revocation: {
            status: 'UNKNOWN',
            checkedAt: null,
            detail: 'No source of this certificate was asked yet.',
          },
        },
      });
      expect(responder.requests.length).toBe(before);
    } finally {
      responder.behave('ANSWER');
    }
    await scene.later('hard');
    expect(await scene.deliver(car)).toEqual(delivered());
    expect(await scene.publish(fresh)).toEqual([]);
  });
});
