import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, signCertificateUpdateReq, signWith } from '@chargegraph/iso15118';
import { issueCertificate, issueContractCertificate, type DemoPki, type SubCaBranch } from '@chargegraph/pki';
import { expectRefusal } from './testing/expect-refusal.ts';
import { inDays, start } from './testing/harness.ts';
import { expectIso20Refusal, startIso20Scene, type Iso20Scene } from './testing/iso20-scene.ts';
import { emaid } from './testing/scene.ts';
import { dersOf, rootIdOf, type Car } from './testing/world.ts';

const notAnOems = /Its domain component is not OEM\./;

describe.each(['lenient', 'strict'] as const)('a %s contract pool', (profile) => {
  const isStrict = profile === 'strict';
  let scene: Iso20Scene;

  beforeAll(async () => {
    scene = await startIso20Scene({ profile });
  });
  afterAll(() => scene.harness.stop());
  beforeEach(() => scene.reset());

  /** The car with another certificate of its key, which departs from the profile in what is asked for. */
  async function departing(
    car: Car,
    { oem }: DemoPki,
    { domainComponent = 'OEM', notAfter = inDays(1_000) }: { domainComponent?: string; notAfter?: Date },
  ): Promise<Car> {
    const certificate = await issueCertificate({
      subject: { commonName: car.pcid, organization: 'Test', country: 'DE', domainComponent },
      publicKey: createPublicKey(car.privateKey),
      issuer: oem.subCa2.certificate,
      signingKey: oem.subCa2.privateKey,
      notBefore: start,
      notAfter,
      ca: false,
      keyUsage: ['digitalSignature', 'keyAgreement'],
    });
    return { ...car, certificate };
  }

  it('gives a car whose certificate keeps the profile its contract', async () => {
    await scene.publishData();
    await scene.publishData20();
    const { car, pki } = scene;
    expect((await scene.request(await scene.askForV2g())).outcome).toBe('DELIVERED');
    expect((await scene.request20()).outcome).toBe('DELIVERED');
    const renewed = await scene.askForV2g(await departing(car, pki, {}));
    expect((await scene.request(renewed)).outcome).toBe('DELIVERED');
  });

  it(
    isStrict
      ? 'refuses a car whose certificate is another role’s, as it does a broken chain'
      : 'lets a car be whose certificate is another role’s',
    async () => {
      await scene.publishData();
      const octets = await scene.askForV2g(await departing(scene.car, scene.pki, { domainComponent: 'CPO' }));
      const answer = await scene.request(octets);
      if (isStrict) expectRefusal(answer, 'CHAIN_ERROR', 'FAILED_CertChainError', notAnOems);
      else expect(answer.outcome).toBe('DELIVERED');
    },
  );

  it(
    isStrict
      ? 'refuses it in ISO 15118-20 too, with the code of that edition'
      : 'lets it be in ISO 15118-20 too',
    async () => {
      await scene.publishData20();
      const car = await departing(scene.car20, scene.pki20, { domainComponent: 'CPO' });
      const answer = await scene.request(await scene.ask20({}, car));
      if (isStrict)
        expectIso20Refusal(answer, 'CHAIN_ERROR', 'WARNING_CertificateValidationError', notAnOems);
      else expect(answer.outcome).toBe('DELIVERED');
    },
  );

  it(
    isStrict
      ? 'refuses a car whose certificate reaches beyond its issuer’s dates'
      : 'lets a certificate reach beyond its issuer’s dates',
    async () => {
      await scene.publishData();
      const end = scene.pki.oem.subCa2.certificate.notAfter;
      const notAfter = new Date(end.getTime() + 1_000);
      const answer = await scene.request(
        await scene.askForV2g(await departing(scene.car, scene.pki, { notAfter })),
      );
      if (isStrict) {
        const beyond = /Its dates reach beyond its issuer's\./;
        expectRefusal(answer, 'CHAIN_ERROR', 'FAILED_CertChainError', beyond);
      } else expect(answer.outcome).toBe('DELIVERED');
    },
  );

  it('answers for a certificate that has ended before it looks at what is usual', async () => {
    await scene.publishData();
    const car = await departing(scene.car, scene.pki, { domainComponent: 'CPO', notAfter: inDays(30) });
    scene.harness.clock.set(inDays(30));
    const answer = await scene.request(await scene.askForV2g(car));
    expectRefusal(answer, 'EXPIRED', 'FAILED_CertificateExpired', /has ended/);
  });

  /** The car's request for its contract to be renewed, with the certificate that it has now. */
  async function askForUpdate(notAfter: Date, cas: SubCaBranch = scene.pki.mo): Promise<Uint8Array> {
    const contract = await issueContractCertificate(cas.subCa2, { emaid, notBefore: start, notAfter });
    const message = await signCertificateUpdateReq(
      {
        contractSignatureCertChain: {
          certificate: contract.certificate.der,
          subCertificates: dersOf(cas),
        },
        emaid,
        listOfRootCertificateIDs: [rootIdOf(scene.pki.v2gRoot.certificate)],
      },
      { sessionId: Uint8Array.of(1), sign: signWith(contract.privateKey) },
    );
    return encodeMessage(message);
  }

  it('renews a contract whose certificate keeps the profile', async () => {
    await scene.publishData();
    expect((await scene.request(await askForUpdate(inDays(100)))).outcome).toBe('DELIVERED');
  });

  it(
    isStrict
      ? 'does not renew a contract whose certificate in the request departs from the profile'
      : 'renews a contract whose certificate in the request departs from the profile',
    async () => {
      await scene.publishData();
      const answer = await scene.request(await askForUpdate(inDays(20)));
      if (!isStrict) {
        expect(answer.outcome).toBe('DELIVERED');
        return;
      }
      expect(answer).toMatchObject({ outcome: 'CHAIN_ERROR', contracts: [], userErrors: [] });
      expect(answer.reason).toMatch(/^The request's certificate .*: It is valid for 20 days\.$/);
      const { body } = decodeMessage(Buffer.from(answer.certificateInstallationRes ?? '', 'base64'));
      expect(body).toMatchObject({ type: 'CertificateUpdateRes', responseCode: 'FAILED_CertChainError' });
    },
  );
});
