import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeIso20Message,
  encodeIso20Message,
  negativeIso20CertificateInstallationRes,
  type Iso20CertificateInstallationRes,
} from '@chargegraph/iso15118';
import { generateKeyPairSync } from 'node:crypto';
import { mo, operator, otherMo } from './testing/callers.ts';
import { start, type Harness } from './testing/harness.ts';
import { readContract } from './testing/operations.ts';
import { iso20DataOf } from './testing/iso20-world.ts';
import { longEmaid, startIso20Scene, type Iso20Scene } from './testing/iso20-scene.ts';
import { emaid, untouched } from './testing/scene.ts';
import { base64 } from './testing/world.ts';

let harness: Harness;
let scene: Iso20Scene;

beforeAll(async () => {
  scene = await startIso20Scene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

interface Shown {
  readonly emaid: string;
  readonly signedData: readonly { readonly namespace: string; readonly exi: string }[];
}
const read = async (id: string): Promise<Shown> => {
  const { data } = await harness.run(operator, readContract, { emaid: id });
  return data?.['contract'] as Shown;
};
const octetsOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

describe('publishContract with data of ISO 15118-20', () => {
  it('stores a contract whose EMAID only -20 allows, with all its certificates to be read', async () => {
    const answer = await scene.publishData20();
    expect(answer.contract).toMatchObject({ emaid: longEmaid, providerId: 'DEABC' });
    const { data } = await harness.run(operator, readContract, { emaid: longEmaid });
    const { pki20 } = scene;
    expect(data?.['contract']).toMatchObject({
      emaid: longEmaid,
      signedData: [
        {
          namespace: 'ISO15118_20',
          contractCertificate: { subject: expect.stringContaining(longEmaid) as string },
          subCaCertificates: [
            { fingerprint: pki20.mo.subCa2.certificate.fingerprint },
            { fingerprint: pki20.mo.subCa1.certificate.fingerprint },
          ],
          cpsCertificate: { fingerprint: pki20.cps.leaf.certificate.fingerprint },
          verdict: { status: 'VALID', reasons: [] },
        },
      ],
    });
  });

  it('keeps what was signed octet by octet, with placeholders for what differs at each delivery', async () => {
    const signed = await scene.data20({ sessionId: Uint8Array.of(9, 9, 9), timeStamp: 5n });
    const remaining = decodeIso20Message(octetsOf(signed));
    await scene.publishAs(mo, signed);
    const [data] = (await read(longEmaid)).signedData;
    const stored = decodeIso20Message(octetsOf(data?.exi ?? ''));
    expect(stored.header).toMatchObject({ sessionId: Uint8Array.of(0), timeStamp: 0n });
    expect(stored.header.signature).toEqual(remaining.header.signature);
    expect(stored.body).toEqual(remaining.body);
  });

  it('changes nothing when only session, time stamp and count differ', async () => {
    const signed = await scene.data20();
    await scene.publishAs(mo, signed);
    const before = await harness.snapshot();
    const { header, body } = decodeIso20Message(octetsOf(signed));
    const again = encodeIso20Message({
      header: { ...header, sessionId: Uint8Array.of(4), timeStamp: 77n },
      body: { ...(body as Iso20CertificateInstallationRes), remainingContractCertificateChains: 3 },
    });
    expect((await scene.publishAs(mo, base64(again))).userErrors).toEqual([]);
    expect(await harness.snapshot()).toEqual(before);
  });

  it('holds both generations of one contract side by side, each with its own default', async () => {
    await scene.publishData();
    await scene.publishData20({ emaid });
    expect((await read(emaid)).signedData.map(({ namespace }) => namespace)).toEqual([
      'ISO15118_2',
      'ISO15118_20',
    ]);
    expect(await harness.database.query('SELECT namespace FROM contract_default ORDER BY namespace')).toEqual(
      [{ namespace: 'ISO15118_2' }, { namespace: 'ISO15118_20' }],
    );
  });

  it('replaces the data by updateContract', async () => {
    await scene.publishData20();
    const renewed = await scene.data20();
    expect((await scene.updateAs(mo, renewed, longEmaid)).userErrors).toEqual([]);
    const [data, ...others] = (await read(longEmaid)).signedData;
    expect(others).toEqual([]);
    expect(decodeIso20Message(octetsOf(data?.exi ?? '')).body).toEqual(
      decodeIso20Message(octetsOf(renewed)).body,
    );
  });

  it('refuses a car that has a certificate of ISO 15118-2 alone, and another operator’s EMAID', async () => {
    harness.pools.iso20Cars.clear();
    expect((await scene.publishAs(mo, await scene.data20())).userErrors).toEqual([
      {
        code: 'NOT_FOUND',
        message: 'The OEM provisioning certificate with the given PCID is not available.',
        path: ['input', 'pcid'],
      },
    ]);
    const { errors } = await scene.publishAs(otherMo, await scene.data20());
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
    expect(await harness.snapshot()).toEqual(untouched);
  });

  type Body = Iso20CertificateInstallationRes;
  const inData =
    (changes: Partial<Body['signedInstallationData']>) =>
    <Fields extends Pick<Body, 'signedInstallationData'>>(fields: Fields): Fields => ({
      ...fields,
      signedInstallationData: { ...fields.signedInstallationData, ...changes },
    });
  const refused: [string, () => Promise<string> | string, string, RegExp][] = [
    [
      'a negative response',
      () =>
        base64(
          encodeIso20Message(
            negativeIso20CertificateInstallationRes({
              sessionId: Uint8Array.of(0),
              timeStamp: 0n,
              responseCode: 'FAILED',
            }),
          ),
        ),
      'BAD_INPUT',
      /response code FAILED, not OK/,
    ],
    [
      'a truncated message',
      async () => base64(octetsOf(await scene.data20()).subarray(0, 900)),
      'EXI_INVALID',
      /^EXI format is invalid!$/,
    ],
    ['a request', async () => base64(await scene.ask20()), 'EXI_INVALID', /is a CertificateInstallationReq/],
    [
      'a signature by another key than the provisioning service’s',
      () => scene.data20({ signingKey: generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey }),
      'SIGNATURE_INVALID',
      /signature/,
    ],
    [
      'data that was changed after it was signed',
      () =>
        scene.data20({
          tamper: (body) =>
            inData({ encryptedPrivateKey: { kind: 'SECP521', value: new Uint8Array(94) } })(body),
        }),
      'SIGNATURE_INVALID',
      /signature/,
    ],
    [
      'a response that is still being made',
      () => scene.data20({ prepare: (fields) => ({ ...fields, evseProcessing: 'Ongoing' }) }),
      'BAD_INPUT',
      /Ongoing, not Finished/,
    ],
    [
      'a contract certificate that names no EMAID',
      () => scene.data20({ emaid: 'short' }),
      'BAD_INPUT',
      /common name of the contract certificate is not an EMAID/,
    ],
    [
      'a DH public key that is no point on P-521',
      () => scene.data20({ prepare: inData({ dhPublicKey: new Uint8Array(133).fill(4) }) }),
      'BAD_INPUT',
      /not an uncompressed point on P-521/,
    ],
    [
      'a DH public key that is none of X448',
      () => scene.data20({ prepare: inData({ ecdhCurve: 'X448' }) }),
      'BAD_INPUT',
      /not a public key of X448/,
    ],
    [
      'an encrypted key of another length',
      () =>
        scene.data20({
          prepare: inData({ encryptedPrivateKey: { kind: 'SECP521', value: new Uint8Array(93) } }),
        }),
      'BAD_INPUT',
      /SECP521_EncryptedPrivateKey does not have 94 octets/,
    ],
    [
      'an encrypted key of another curve than the contract’s',
      () =>
        scene.data20({
          prepare: inData({ encryptedPrivateKey: { kind: 'X448', value: new Uint8Array(84) } }),
        }),
      'BAD_INPUT',
      /cannot hold the key of the contract certificate, which is P-521/,
    ],
    [
      'a contract that has ended',
      () => scene.data20({ notBefore: new Date(start.getTime() - 60_000), notAfter: start }),
      'CERTIFICATE_EXPIRED',
      /^The validUntil date of contract certificate is in the past\.$/,
    ],
    [
      'certificates on the curve of ISO 15118-2',
      () => scene.data20({ signer: scene.pki.cps }),
      'CERTIFICATE_INVALID',
      /The key is P-256, not P-521/,
    ],
    [
      'chains to roots that the root pool does not know',
      () => iso20DataOf(scene.otherPki20, { car: scene.car20, emaid: longEmaid }),
      'ROOT_UNKNOWN',
      /known root/,
    ],
  ];
  it.each(refused)('refuses %s and changes nothing', async (_, signed, code, message) => {
    const answer = await scene.publishAs(mo, await signed());
    expect(answer.errors).toBeUndefined();
    expect(answer.userErrors).toEqual([
      { code, message: expect.stringMatching(message) as string, path: ['input', 'signedContractData'] },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });

  it('does not take a contract certificate with such an EMAID in ISO 15118-2, whose eMAID is shorter', async () => {
    const signed = await scene.data({ emaid, commonName: longEmaid });
    expect((await scene.publishAs(mo, signed)).userErrors).toMatchObject([
      { code: 'BAD_INPUT', message: expect.stringContaining('not the same contract') as string },
    ]);
    expect(await harness.snapshot()).toEqual(untouched);
  });
});
