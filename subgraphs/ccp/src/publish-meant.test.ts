import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage, messageToXml } from '@chargegraph/iso15118';
import { mo } from './testing/callers.ts';
import type { Harness } from './testing/harness.ts';
import { publish } from './testing/operations.ts';
import { emaid, startScene, untouched, type ContractAnswer, type Scene } from './testing/scene.ts';

let harness: Harness;
let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  ({ harness } = scene);
});
afterAll(() => harness.stop());
beforeEach(() => scene.reset());

const offer = async (input: object): Promise<ContractAnswer> => {
  const { data, errors } = await harness.run(mo, publish, { input: { pcid: scene.car.pcid, ...input } });
  return { errors, ...(data?.['publishContract'] as Omit<ContractAnswer, 'errors'>) };
};

describe('data that is published as that of a certain contract or V2G root', () => {
  it('is taken when it is', async () => {
    const signedContractData = await scene.data();
    const v2gRoot = scene.pki.v2gRoot.certificate.fingerprint;
    for (const meant of [{ emaid }, { emaid: 'de-abc-c00000001-x' }, { v2gRoot }, { emaid, v2gRoot }])
      expect((await offer({ signedContractData, ...meant })).userErrors).toEqual([]);
  });

  it('is refused when it is not, and nothing is changed', async () => {
    const signedContractData = await scene.data();
    const v2gRoot = scene.otherPki.v2gRoot.certificate.fingerprint;
    for (const [meant, field, message] of [
      [{ emaid: 'DEABCC00000002' }, 'emaid', `The signed data is for the contract ${emaid}.`],
      [
        { v2gRoot },
        'v2gRoot',
        `The signed data is under the V2G root ${scene.pki.v2gRoot.certificate.fingerprint}.`,
      ],
    ] as const) {
      const refused = await offer({ signedContractData, ...meant });
      expect(refused.userErrors).toEqual([{ code: 'BAD_INPUT', path: ['input', field], message }]);
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });
});

describe('data in XML', () => {
  const inXml = (xml: string) => Buffer.from(xml).toString('base64');

  it('is kept in EXI, so that the same in EXI is the same content', async () => {
    const signed = await scene.data();
    const xml = messageToXml(decodeMessage(Buffer.from(signed, 'base64')));
    expect(
      (await offer({ signedContractData: inXml(`\ufeff \n${xml.replace(/^<\?.*\?>/, '')}`) })).userErrors,
    ).toEqual([]);
    expect((await offer({ signedContractData: signed })).userErrors).toEqual([]);
    expect((await offer({ signedContractData: inXml(xml) })).userErrors).toEqual([]);
    expect(await harness.events()).toMatchObject([{ type: 'OEM_CONTRACT_CREATED' }]);
  });

  it('is refused where it is not a message of the standard, or not what was signed', async () => {
    const xml = messageToXml(decodeMessage(Buffer.from(await scene.data(), 'base64')));
    const noMessage = /^The signed data is not a message in XML: /;
    for (const [text, code, message] of [
      ['<a/>', 'BAD_INPUT', noMessage],
      ['<', 'BAD_INPUT', noMessage],
      [`<!DOCTYPE a [<!ENTITY b "c">]>${xml}`, 'BAD_INPUT', noMessage],
      [xml.replaceAll(emaid, 'DEABCC00000009'), 'SIGNATURE_INVALID', /signature/],
      [xml.replaceAll(emaid, 'D'.repeat(200)), 'BAD_INPUT', /./],
    ] as const) {
      const refused = await offer({ signedContractData: inXml(text) });
      expect(refused.userErrors).toEqual([
        { code, path: ['input', 'signedContractData'], message: expect.stringMatching(message) },
      ]);
    }
    expect(await harness.snapshot()).toEqual(untouched);
  });
});
