import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  negativeCertificateInstallationRes,
  type CertificateInstallationRes,
  type Iso2Message,
} from '@chargegraph/iso15118';
import { issueProvisioningCertificate } from '@chargegraph/pki';
import { mo } from './testing/callers.ts';
import { inDays, start, type Harness } from './testing/harness.ts';
import { emaid, startScene, untouched, type Scene } from './testing/scene.ts';
import { base64, makeSignedData, strangeKey } from './testing/world.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

describe('publishContract refuses', () => {
  it('refuses a car that the provisioning certificate pool does not know', async () => {
    harness.pools.cars.delete(scene.car.pcid.toUpperCase());
    expect((await scene.publishAs(mo, await scene.data())).userErrors).toEqual([
      {
        message: 'The OEM provisioning certificate with the given PCID is not available.',
        path: ['input', 'pcid'],
        code: 'NOT_FOUND',
      },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('fails as a whole when the other pools do not answer', async () => {
    harness.pools.isDown = true;
    const { errors } = await scene.publishAs(mo, await scene.data());
    expect(errors?.[0]?.extensions?.['code']).toBe('UNAVAILABLE');
    expect(await harness.snapshot()).toEqual(untouched);
  });

  const messages: [string, () => Promise<string> | string, string, RegExp][] = [
    ['octets that are no EXI', () => 'AAAA', 'EXI_INVALID', /^EXI format is invalid!$/],
    [
      'a truncated message',
      async () => base64(Buffer.from(await scene.data(), 'base64').subarray(0, 900)),
      'EXI_INVALID',
      /^EXI format is invalid!$/,
    ],
    [
      'the beginning of a message of ISO 15118-20',
      () => base64(Uint8Array.of(0x80, 0x20, 0, 0)),
      'EXI_INVALID',
      /^EXI format is invalid!$/,
    ],
    [
      'a negative response',
      () =>
        base64(
          encodeMessage(
            negativeCertificateInstallationRes({ sessionId: Uint8Array.of(0), responseCode: 'FAILED' }),
          ),
        ),
      'BAD_INPUT',
      /response code FAILED/,
    ],
    [
      'another eMAID than the contract certificate’s',
      () => scene.data({ commonName: 'DEABCC00000002' }),
      'BAD_INPUT',
      /not the same contract/,
    ],
    [
      'a contract certificate whose name is no EMAID',
      () => scene.data({ commonName: 'hello' }),
      'BAD_INPUT',
      /not the same contract/,
    ],
    [
      'a DH public key off the curve',
      () =>
        scene.data({
          prepare: (e) => ({
            ...e,
            dhPublicKey: {
              ...e.dhPublicKey,
              value: Uint8Array.from({ length: 65 }, (_, i) => (i === 0 ? 4 : i)),
            },
          }),
        }),
      'BAD_INPUT',
      /DHpublickey/,
    ],
    [
      'an encrypted key of the wrong size',
      () =>
        scene.data({
          prepare: (e) => ({
            ...e,
            contractSignatureEncryptedPrivateKey: { id: 'ID2', value: new Uint8Array(32) },
          }),
        }),
      'BAD_INPUT',
      /48 octets/,
    ],
    [
      'a signature by another key than the provisioning service’s',
      () => scene.data({ signingKey: strangeKey() }),
      'SIGNATURE_INVALID',
      /signature/,
    ],
    [
      'a contract that has ended',
      () => scene.data({ notBefore: new Date(start.getTime() - 60_000), notAfter: start }),
      'CERTIFICATE_EXPIRED',
      /^The validUntil date of contract certificate is in the past\.$/,
    ],
    [
      'a contract certificate issued under an OEM root',
      () => scene.data({ contractCas: scene.pki.oem }),
      'ROOT_UNKNOWN',
      /known root/,
    ],
  ];
  it.each(messages)('refuses %s and changes nothing', async (_, signed, code, message) => {
    const refused = await scene.publishAs(mo, await signed());
    expect(refused.errors).toBeUndefined();
    expect(refused.contract).toBeNull();
    expect(refused.userErrors).toEqual([
      { code, message: expect.stringMatching(message) as string, path: ['input', 'signedContractData'] },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it.each(['V2G', 'MO'] as const)(
    'refuses a chain to a %s root that the root pool does not hold',
    async (missing) => {
      const { roots } = harness.pools;
      roots.splice(
        roots.findIndex(({ type }) => type === missing),
        1,
      );
      expect((await scene.publishAs(mo, await scene.data())).userErrors).toMatchObject([
        { code: 'ROOT_UNKNOWN' },
      ]);
      expect(await harness.snapshot()).toEqual(untouched);
    },
  );

  it('refuses chains to roots that only have the names of those in the root pool', async () => {
    for (const request of [{ signer: scene.otherPki.cps }, { contractCas: scene.otherPki.mo }]) {
      const refused = await scene.publishAs(mo, await scene.data(request));
      expect(refused).toMatchObject({
        contract: null,
        userErrors: [{ path: ['input', 'signedContractData'] }],
      });
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('refuses a provisioning service whose certificate has ended', async () => {
    harness.clock.set(inDays(100));
    expect((await scene.publishAs(mo, await scene.data())).userErrors).toMatchObject([
      { code: 'CERTIFICATE_EXPIRED' },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  type Body = CertificateInstallationRes;
  const flip = (octets: Uint8Array, at = octets.length - 1) =>
    octets.map((octet, index) => (index === at ? octet ^ 1 : octet));
  const tamperings: [string, (body: Body, other: Body) => Body][] = [
    [
      'contract certificate chain',
      (body, other) => ({ ...body, contractSignatureCertChain: other.contractSignatureCertChain }),
    ],
    [
      'encrypted private key',
      (body) => ({
        ...body,
        contractSignatureEncryptedPrivateKey: {
          id: 'ID2',
          value: flip(body.contractSignatureEncryptedPrivateKey.value),
        },
      }),
    ],
    ['DH public key', (body, other) => ({ ...body, dhPublicKey: other.dhPublicKey })],
    ['eMAID', (body) => ({ ...body, emaid: { id: 'ID4', value: `${emaid}7` } })],
  ];
  it.each(tamperings)('refuses data whose %s was changed after signing', async (_, tamper) => {
    const [message, other] = await Promise.all([
      makeSignedData(scene.pki, { car: scene.car, emaid }),
      makeSignedData(scene.pki, { car: scene.car, emaid }),
    ]);
    const changed: Iso2Message<Body> = { ...message, body: tamper(message.body, other.body) };
    const refused = await scene.publishAs(mo, base64(encodeMessage(changed)));
    expect(refused.userErrors).toMatchObject([{ code: 'SIGNATURE_INVALID' }]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('refuses a signature value that was changed, and a message without signature', async () => {
    const { header, body } = await makeSignedData(scene.pki, { car: scene.car, emaid });
    const { signature, sessionId } = header;
    const changed = signature && { ...signature, signatureValue: flip(signature.signatureValue) };
    for (const message of [
      { header: { sessionId, ...(changed && { signature: changed }) }, body },
      { header: { sessionId }, body },
    ]) {
      const refused = await scene.publishAs(mo, base64(encodeMessage(message)));
      expect(refused.userErrors).toMatchObject([{ code: 'SIGNATURE_INVALID' }]);
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('refuses a request message where a response belongs', async () => {
    const message = decodeMessage(Buffer.from(await scene.data(), 'base64'));
    const body = {
      type: 'CertificateInstallationReq' as const,
      id: 'ID1',
      oemProvisioningCert: scene.car.certificate.der,
      listOfRootCertificateIDs: [{ x509IssuerName: 'CN=x', x509SerialNumber: 1n }],
    };
    const refused = await scene.publishAs(mo, base64(encodeMessage({ ...message, body })));
    expect(refused.userErrors).toMatchObject([
      {
        code: 'EXI_INVALID',
        message: 'The message is a CertificateInstallationReq, not a CertificateInstallationRes.',
      },
    ]);
  });

  it('refuses a car certificate in place of the provisioning service’s', async () => {
    const leaf = await issueProvisioningCertificate(scene.pki, { pcid: scene.car.pcid });
    const refused = await scene.publishAs(mo, await scene.data({ signer: { ...scene.pki.oem, leaf } }));
    expect(refused.userErrors).toMatchObject([{ code: 'ROOT_UNKNOWN' }]);
    expect(await harness.snapshot()).toEqual(untouched);
  });
});
