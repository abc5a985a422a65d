import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  contractKeyFits,
  decodeMessage,
  encodeMessage,
  signCertificateUpdateReq,
  signWith,
  unwrapContractKey,
  verifyMessageSignature,
  type CertificateUpdateReq,
  type CertificateUpdateRes,
  type Iso2Message,
  type RootCertificateId,
} from '@chargegraph/iso15118';
import {
  issueContractCertificate,
  parseCertificate,
  type DemoPki,
  type IssuedCertificate,
  type SubCaBranch,
} from '@chargegraph/pki';
import { mo, oem, otherOem } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { remove } from './testing/operations.ts';
import { emaid, startScene, type InstallationAnswer, type Scene } from './testing/scene.ts';
import { dersOf, rootIdOf, strangeKey } from './testing/world.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

interface UpdateOptions {
  readonly emaid?: string;
  readonly cas?: SubCaBranch;
  readonly roots?: readonly RootCertificateId[];
  readonly tamper?: (message: Iso2Message<CertificateUpdateReq>) => Iso2Message<CertificateUpdateReq>;
  readonly signingKey?: IssuedCertificate['privateKey'];
}

/** The contract certificate that the car has now. */
const present = (commonName = emaid, issuer: DemoPki | SubCaBranch['subCa2'] = scene.pki) =>
  issueContractCertificate(issuer, { emaid: commonName, notBefore: start, notAfter: inDays(20) });

/** A car's request to have its contract renewed. */
async function ask(contract: IssuedCertificate, options: UpdateOptions = {}): Promise<Uint8Array> {
  const message = await signCertificateUpdateReq(
    {
      contractSignatureCertChain: {
        certificate: contract.certificate.der,
        subCertificates: dersOf(options.cas ?? scene.pki.mo),
      },
      emaid: options.emaid ?? emaid,
      listOfRootCertificateIDs: options.roots ?? [rootIdOf(scene.pki.v2gRoot.certificate)],
    },
    {
      sessionId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      sign: signWith(options.signingKey ?? contract.privateKey),
    },
  );
  return encodeMessage(options.tamper?.(message) ?? message);
}

/** What a car holds once it has installed a contract. */
function installed(scalar: Uint8Array, der: Uint8Array): IssuedCertificate {
  const certificate = parseCertificate(der);
  const d = Buffer.from(scalar).toString('base64url');
  const key = { ...certificate.publicKey.export({ format: 'jwk' }), d };
  return { certificate, privateKey: createPrivateKey({ key, format: 'jwk' }) };
}

function updateOf({ certificateInstallationRes }: InstallationAnswer): Iso2Message<CertificateUpdateRes> {
  const { header, body } = decodeMessage(Buffer.from(certificateInstallationRes ?? '', 'base64'));
  if (body.type !== 'CertificateUpdateRes') throw new Error(body.type);
  return { header, body };
}

function expectRefusal(
  answer: InstallationAnswer,
  outcome: string,
  expected: Partial<CertificateUpdateRes>,
  reason: RegExp,
): void {
  expect(answer).toMatchObject({ outcome, contracts: [], emaid: null, userErrors: [] });
  expect(answer.reason).toMatch(reason);
  const { header, body } = updateOf(answer);
  expect(body).toMatchObject(expected);
  expect(body.retryCounter).toBe(expected.retryCounter);
  expect(header.signature).toBeUndefined();
  expect([...header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
}

describe('requestCertificateInstallation with a CertificateUpdateReq', () => {
  it('gives the renewed contract in a CertificateUpdateRes that the car can use', async () => {
    await scene.publishData();
    const answer = await scene.request(await ask(await present()));
    expect(answer).toMatchObject({ outcome: 'DELIVERED', emaid, reason: null, userErrors: [] });
    expect(answer.contracts).toEqual([
      { emaid, certificateInstallationRes: answer.certificateInstallationRes, remaining: 0 },
    ]);
    const message = updateOf(answer);
    expect([...message.header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { body } = message;
    expect(body).toMatchObject({ responseCode: 'OK', emaid: { value: emaid } });
    expect(body.retryCounter).toBeUndefined();
    expect(verifyMessageSignature(message, body.saProvisioningCertificateChain.certificate).valid).toBe(true);
    const key = unwrapContractKey({
      encryptedPrivateKey: body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: body.dhPublicKey.value,
      oemPrivateKey: scene.car.privateKey,
    });
    expect(contractKeyFits(key, body.contractSignatureCertChain.certificate)).toBe(true);
  });

  it('gives that contract even when another one is the default', async () => {
    await scene.publishData({ emaid: 'DEABCC00000009' });
    await scene.publishData();
    expect((await scene.request(await ask(await present()))).emaid).toBe(emaid);
  });

  it('takes the EMAID with a check digit for the same contract', async () => {
    await scene.publishData();
    const contract = await present(`${emaid}X`);
    expect((await scene.request(await ask(contract, { emaid: `${emaid}X` }))).outcome).toBe('DELIVERED');
  });

  it('answers a car maker for its own cars, and alike for a foreign and an absent contract', async () => {
    await scene.publishData();
    const octets = await ask(await present());
    expect((await scene.request(octets, oem)).outcome).toBe('DELIVERED');
    const foreign = await scene.request(octets, otherOem);
    await harness.run(mo, remove, { input: { emaid } });
    const absent = await scene.request(octets, otherOem);
    expectRefusal(
      absent,
      'NO_CONTRACT',
      { responseCode: 'FAILED_NoCertificateAvailable', retryCounter: -1 },
      /^No contract with this EMAID is known\.$/,
    );
    expect(foreign).toEqual(absent);
  });

  it('has the car ask again while there is nothing newer, or nothing that it can be given', async () => {
    const signed = await scene.data();
    await scene.publishAs(mo, signed);
    const { body } = decodeMessage(Buffer.from(signed, 'base64'));
    if (body.type !== 'CertificateInstallationRes') throw new Error(body.type);
    const key = unwrapContractKey({
      encryptedPrivateKey: body.contractSignatureEncryptedPrivateKey.value,
      dhPublicKey: body.dhPublicKey.value,
      oemPrivateKey: scene.car.privateKey,
    });
    const stored = installed(key, body.contractSignatureCertChain.certificate);
    const again = { responseCode: 'FAILED_NoCertificateAvailable', retryCounter: 0 } as const;
    expectRefusal(await scene.request(await ask(stored)), 'NO_CONTRACT', again, /newest certificate/);
    const contract = await present();
    const roots = [rootIdOf(scene.otherPki.v2gRoot.certificate)];
    expectRefusal(
      await scene.request(await ask(contract, { roots })),
      'NO_CONTRACT',
      again,
      /any V2G root that the car lists/,
    );
  });

  it('refuses a contract certificate that has ended or not begun', async () => {
    await scene.publishData();
    const contract = await present();
    const later = await issueContractCertificate(scene.pki, {
      emaid,
      notBefore: inDays(1),
      notAfter: inDays(30),
    });
    expectRefusal(
      await scene.request(await ask(later)),
      'CHAIN_ERROR',
      { responseCode: 'FAILED_CertChainError' },
      /not valid yet/,
    );
    harness.clock.set(inDays(20));
    expectRefusal(
      await scene.request(await ask(contract)),
      'EXPIRED',
      { responseCode: 'FAILED_CertificateExpired' },
      /expired/,
    );
  });

  it('refuses a contract certificate of an unknown root, of another EMAID, and of another issuer', async () => {
    await scene.publishData();
    const chainError = { responseCode: 'FAILED_CertChainError' } as const;
    const unknown = await present(emaid, scene.otherPki);
    expectRefusal(
      await scene.request(await ask(unknown, { cas: scene.otherPki.mo })),
      'CHAIN_ERROR',
      chainError,
      /./,
    );
    const other = await present('DEABCC00000002');
    expectRefusal(await scene.request(await ask(other)), 'CHAIN_ERROR', chainError, /eMAID is not that/);
    const underV2g = await present(emaid, scene.pki.v2gMo.subCa2);
    expectRefusal(
      await scene.request(await ask(underV2g, { cas: scene.pki.v2gMo })),
      'CHAIN_ERROR',
      chainError,
      /not of the issuer/,
    );
  });

  it('takes a certificate under a root of the same name as the stored contract’s for a former one', async () => {
    harness.pools.roots.push({ type: 'MO', certificate: scene.otherPki.moRoot.certificate });
    await scene.publishData();
    const former = await present(emaid, scene.otherPki);
    expect((await scene.request(await ask(former, { cas: scene.otherPki.mo }))).outcome).toBe('DELIVERED');
  });

  it('refuses a request that another key signed or that was changed', async () => {
    await scene.publishData();
    const contract = await present();
    const signatureError = { responseCode: 'FAILED_SignatureError' } as const;
    const roots = [rootIdOf(scene.otherPki.v2gRoot.certificate)];
    for (const options of [
      { signingKey: strangeKey() },
      {
        tamper: ({ header, body }: Iso2Message<CertificateUpdateReq>) => ({
          header,
          body: { ...body, listOfRootCertificateIDs: roots },
        }),
      },
      {
        tamper: ({ header: { sessionId }, body }: Iso2Message<CertificateUpdateReq>) => ({
          header: { sessionId },
          body,
        }),
      },
    ]) {
      expectRefusal(
        await scene.request(await ask(contract, options)),
        'SIGNATURE_ERROR',
        signatureError,
        /signature does not hold/,
      );
    }
  });

  it('refuses certificates that cannot be read', async () => {
    await scene.publishData();
    const tamper = ({ header, body }: Iso2Message<CertificateUpdateReq>) => ({
      header,
      body: { ...body, contractSignatureCertChain: { certificate: Uint8Array.of(1, 2, 3) } },
    });
    expectRefusal(
      await scene.request(await ask(await present(), { tamper })),
      'CHAIN_ERROR',
      { responseCode: 'FAILED_CertChainError' },
      /cannot be read/,
    );
  });

  it('changes nothing, whatever it answers', async () => {
    await scene.publishData();
    const before = await harness.snapshot();
    await scene.request(await ask(await present()));
    await scene.request(await ask(await present('DEABCC00000002')));
    expect(await harness.snapshot()).toEqual(before);
  });
});
