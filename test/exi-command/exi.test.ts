import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { isExiCommand, runExi } from '@chargegraph/cli';
import { createDemoPki, issueProvisioningCertificate, type DemoPki } from '@chargegraph/pki';
import { requestOf } from '../harness/car-requests.ts';
import { signOutside } from '../harness/contract-data.ts';
import { runHere } from '../harness/commands.ts';
import { runChargegraph } from '../harness/processes.ts';

type Line = Record<string, unknown>;

const asProcess = (action: string, input: string) => runChargegraph(['exi', action], { input });

const here = (action: string, input: string) =>
  runHere(async (write) => {
    if (!isExiCommand(action)) throw new Error(`There is no ${action}.`);
    const output = new Writable({
      decodeStrings: false,
      write: (text: string, _, done) => {
        write(text);
        done();
      },
    });
    await runExi(action, Readable.from([Buffer.from(input)]), output);
  });

/** Runs `chargegraph exi <action>` on lines; resolves with those it wrote. */
async function exi(
  action: string,
  lines: readonly (object | string)[],
  run: typeof asProcess | typeof here = here,
): Promise<Line[]> {
  const input = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const { code, stdout, stderr } = await run(action, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('chargegraph exi', () => {
  let pki: DemoPki;
  let request: string;
  let response: string;
  beforeAll(async () => {
    pki = await createDemoPki({ now: new Date() });
    const car = await issueProvisioningCertificate(pki, { pcid: 'WMI00000000000001' });
    request = await requestOf(pki, car.certificate, car.privateKey);
    response = await signOutside({ emaid: 'EMP99C00000001', car: car.certificate, mo: pki, cps: pki });
  });

  it('decode answers every line in its order and never stops at a bad one', async () => {
    const lines = [
      { exiBase64: request },
      'no JSON',
      { exiBase64: 'gA==' },
      { schema: 'iso15118-2', exiBase64: response },
      [],
      { schema: 'unknown', exiBase64: request },
      { exiBase64: '*' },
      { exiBase64: request },
    ];
    const answers = await exi('decode', lines, asProcess);
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, false, true, false, false, false, true]);
    for (const { ok, error, message } of answers) {
      if (ok === true) expect(message).toBeTypeOf('object');
      else expect(error).toMatch(/\w+/);
    }
    expect(answers[0]).toEqual(answers[7]);
    expect(JSON.stringify(answers[3])).toContain('EMP99C00000001');
  }, 30_000);

  it('encode gives back the octets that decode read', async () => {
    const [first, second] = await exi('decode', [{ exiBase64: request }, { exiBase64: response }]);
    const encoded = await exi('encode', [
      { message: first?.['message'] },
      { message: {} },
      { message: second?.['message'] },
    ]);
    expect(encoded).toEqual([
      { ok: true, exiBase64: request },
      { ok: false, error: expect.any(String) },
      { ok: true, exiBase64: response },
    ]);
  }, 30_000);

  it('verify tells digests, signature and signer, for true and tampered messages', async () => {
    const [decoded] = await exi('decode', [{ exiBase64: response }]);
    const tampered = JSON.parse(
      JSON.stringify(decoded?.['message']).replace('"EMP99C00000001"', '"EMP99C00000002"'),
    ) as object;
    const [other] = await exi('encode', [{ message: tampered }]);
    const [ofCar, ofService, ofTampered, none] = await exi('verify', [
      { exiBase64: request },
      { exiBase64: response },
      { exiBase64: other?.['exiBase64'] },
      { exiBase64: 'gA==' },
    ]);
    expect(ofCar).toEqual({
      ok: true,
      digests: { '#ID1': true },
      signature: true,
      signer: expect.stringMatching(/CN=WMI00000000000001/),
    });
    expect(ofService).toEqual({
      ok: true,
      digests: { '#ID1': true, '#ID2': true, '#ID3': true, '#ID4': true },
      signature: true,
      signer: expect.stringMatching(/CN=Demo CPS/),
    });
    expect(ofTampered).toMatchObject({
      ok: true,
      digests: { '#ID1': true, '#ID2': true, '#ID3': true, '#ID4': false },
      signature: true,
    });
    expect(none).toMatchObject({ ok: false });
  }, 30_000);

  it('fragment gives the octets whose digest a signature refers to', async () => {
    const [decoded] = await exi('decode', [{ exiBase64: response }]);
    const text = JSON.stringify(decoded);
    const [fragment, unknown] = await exi('fragment', [
      { fragmentName: 'eMAID', fields: { id: 'ID4', value: 'EMP99C00000001' } },
      { fragmentName: 'nothing', fields: {} },
    ]);
    expect(unknown).toMatchObject({ ok: false, error: expect.stringMatching(/fragmentName/) });
    expect(fragment).toEqual({ ok: true, exiBase64: expect.any(String), sha256: expect.any(String) });
    const octets = Buffer.from(String(fragment?.['exiBase64']), 'base64');
    expect(fragment?.['sha256']).toBe(createHash('sha256').update(octets).digest('base64'));
    expect(text).toContain(String(fragment?.['sha256']));
  }, 30_000);

  it('refuses an action that there is not, with a sentence', async () => {
    expect(await runChargegraph(['exi', 'explain'])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'exi takes decode, encode, fragment or verify.\n',
    });
    expect(await runChargegraph(['nothing'])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'There is no command "nothing".\n',
    });
  }, 30_000);
});
