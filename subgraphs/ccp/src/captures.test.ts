import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeAnyMessage, type Iso2ResponseCode, type Iso20ResponseCode } from '@chargegraph/iso15118';
import { parseCertificate } from '@chargegraph/pki';
import type { Harness } from './testing/harness.ts';
import { startScene, type Scene } from './testing/scene.ts';

const folder = process.env['ISO15118_VECTORS'];

interface Capture {
  readonly name: string;
  readonly exiBase64: string;
}

/** Requests of cars in the field, whose roots nobody here has: how each is answered, in its own session. */
describe.skipIf(folder === undefined)('requestCertificateInstallation with captured requests', () => {
  const captures =
    folder === undefined
      ? []
      : (JSON.parse(readFileSync(`${folder}/real-vectors.json`, 'utf8')) as Capture[]);
  let harness: Harness;
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
    ({ harness } = scene);
  });
  afterAll(() => harness.stop());
  beforeEach(() => scene.reset());

  const octetsOf = (name: string) => {
    const found = captures.find((capture) => capture.name === name);
    if (found === undefined) throw new Error(`There is no capture ${name}.`);
    return new Uint8Array(Buffer.from(found.exiBase64, 'base64'));
  };

  async function expectAnswer(
    name: string,
    expected: {
      readonly type: 'CertificateInstallationRes' | 'CertificateUpdateRes';
      readonly sessionId: string;
      readonly responseCode: Iso2ResponseCode | Iso20ResponseCode;
    },
    reason: RegExp,
  ): Promise<void> {
    const answer = await scene.request(octetsOf(name));
    expect(answer.errors).toBeUndefined();
    expect(answer.reason).toMatch(reason);
    const { message } = decodeAnyMessage(Buffer.from(answer.certificateInstallationRes ?? '', 'base64'));
    expect({
      sessionId: Buffer.from(message.header.sessionId).toString('hex').toUpperCase(),
      type: message.body.type,
      responseCode: 'responseCode' in message.body && message.body.responseCode,
    }).toEqual(expected);
  }

  const type = 'CertificateInstallationRes';
  const keysight = 'hubject-keysight-iso20-req';

  it('of ISO 15118-20: by a car that nobody published', async () => {
    const responseCode = 'WARNING_NoContractMatchingPCIDFound';
    await expectAnswer(keysight, { type, sessionId: '42C5DB3FB965EFF2', responseCode }, /is known/);
    await expectAnswer('josev-iso20-req', { type, sessionId: 'B3B6633F1629E7EE', responseCode }, /is known/);
  });

  it('of ISO 15118-20: by a car whose root is not in the pool', async () => {
    const { message } = decodeAnyMessage(octetsOf(keysight));
    if (!('oemProvisioningCertificateChain' in message.body)) throw new Error(message.body.type);
    const { certificate, subCertificates = [] } = message.body.oemProvisioningCertificateChain;
    harness.pools.iso20Cars.set('HUBPOEMQA20KEYSGHT', {
      certificate: parseCertificate(certificate),
      subCas: subCertificates.map((der) => parseCertificate(der)),
    });
    await expectAnswer(
      keysight,
      { type, sessionId: '42C5DB3FB965EFF2', responseCode: 'WARNING_CertificateValidationError' },
      /QA Hubject V2G-20 OEM Prov Sub1 CA EC G1/,
    );
  });

  it('a CertificateUpdateReq under a root that is not in the pool', async () => {
    await expectAnswer(
      'occ-everest-iso2-cert-update-live-update-CertificateUpdateReq',
      {
        type: 'CertificateUpdateRes',
        sessionId: '5824105F76889352',
        responseCode: 'FAILED_CertChainError',
      },
      /./,
    );
  });
});
