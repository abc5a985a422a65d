import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emaidCheckDigit } from '@chargegraph/iso15118';
import { mo } from './testing/callers.ts';
import { readContract } from './testing/operations.ts';
import { emaid, startScene, untouched, type Scene } from './testing/scene.ts';

const right = emaidCheckDigit(emaid);
const withRightDigit = `${emaid}${right}`;
const withWrongDigit = `${emaid}${right === '0' ? '1' : '0'}`;

const notACps = 'Its domain component is not CPS.';

describe.each(['lenient', 'strict'] as const)('a %s contract pool', (strictness) => {
  let scene: Scene;

  beforeAll(async () => {
    const isStrict = strictness === 'strict';
    scene = await startScene(isStrict ? { profile: strictness, emaidCheckDigit: strictness } : {});
  });
  afterAll(() => scene.harness.stop());
  beforeEach(() => scene.reset());

  /** The reasons of the stored data's verdict, if it was taken; the refusal otherwise. */
  async function publish(request: Parameters<Scene['data']>[0]) {
    const { userErrors } = await scene.publishAs(mo, await scene.data(request));
    const { data } = await scene.harness.run(mo, readContract, { emaid });
    const contract = data?.['contract'] as {
      signedData: { verdict: { status: string; reasons: string[] } }[];
    } | null;
    return { userErrors, verdict: contract?.signedData[0]?.verdict };
  }

  it('takes data that keeps the profile and has a right check digit, and warns of nothing', async () => {
    expect(await publish({ emaid: withRightDigit })).toMatchObject({
      userErrors: [],
      verdict: { status: 'VALID', reasons: [] },
    });
  });

  it(
    strictness === 'strict'
      ? 'refuses data that a charge point operator’s certificate signed'
      : 'warns of data that a charge point operator’s certificate signed',
    async () => {
      const { userErrors, verdict } = await publish({ signer: scene.pki.cpo });
      const sentence = expect.stringContaining(notACps) as unknown;
      if (strictness === 'strict') {
        expect(userErrors).toMatchObject([{ code: 'CERTIFICATE_INVALID', message: sentence }]);
        expect(await scene.harness.snapshot()).toEqual(untouched);
      } else {
        expect(userErrors).toEqual([]);
        expect(verdict?.status).toBe('VALID');
        expect(verdict?.reasons).toContainEqual(sentence);
      }
    },
  );

  it(
    strictness === 'strict'
      ? 'refuses an EMAID with a wrong check digit'
      : 'warns of an EMAID with a wrong check digit',
    async () => {
      const { userErrors, verdict } = await publish({ emaid: withWrongDigit });
      const message = `The check digit of the EMAID ${withWrongDigit} is wrong.`;
      if (strictness === 'strict') {
        expect(userErrors).toEqual([{ code: 'BAD_INPUT', message, path: ['input', 'signedContractData'] }]);
        expect(await scene.harness.snapshot()).toEqual(untouched);
      } else {
        expect(userErrors).toEqual([]);
        expect(verdict).toMatchObject({ status: 'VALID', reasons: [message] });
      }
    },
  );
});
