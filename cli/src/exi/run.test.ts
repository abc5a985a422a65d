import { readFileSync } from 'node:fs';
import { PassThrough, Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  messageToJson,
  negativeCertificateInstallationRes,
} from '@chargegraph/iso15118';
import type { ExiCommand } from './commands.ts';
import { runExi } from './run.ts';

const folder = process.env['ISO15118_VECTORS'];

type Row = Record<string, unknown> & { name: string; schema?: string; exiBase64: string };

function load(file: string): unknown {
  return JSON.parse(readFileSync(`${folder ?? ''}/${file}`, 'utf8')) as unknown;
}

async function run(
  command: ExiCommand,
  input: string | readonly string[],
): Promise<Record<string, unknown>[]> {
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  const pieces = typeof input === 'string' ? [Buffer.from(input)] : input.map((piece) => Buffer.from(piece));
  await runExi(command, Readable.from(pieces), output);
  output.end();
  const text = Buffer.concat(chunks).toString('utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function lines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

const negative = encodeMessage(
  negativeCertificateInstallationRes({
    sessionId: Uint8Array.of(0xab),
    responseCode: 'FAILED_CertificateRevoked',
  }),
);
const negativeBase64 = Buffer.from(negative).toString('base64');

describe('exi on hostile and odd input', () => {
  it('answers each line in order and carries on after a bad one', async () => {
    const answers = await run(
      'decode',
      [
        'no json',
        '',
        '[]',
        'null',
        '   ',
        '{}',
        '{"exiBase64":7}',
        '{"exiBase64":"*"}',
        '{"exiBase64":"gA=="}',
        '{"exiBase64":"gA==","schema":"din70121"}',
        `{"exiBase64":"${negativeBase64}"}`,
      ].join('\n'),
    );
    expect(answers.map(({ ok }) => ok)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(answers.map(({ error }) => error)).toEqual([
      'the line is not JSON',
      'the line must be a JSON object',
      'the line must be a JSON object',
      'exiBase64 is missing',
      'exiBase64 must be a string',
      'exiBase64 must be base64',
      'the bytes end within the document element (at bit 8)',
      'schema "din70121" is not supported; iso15118-2 and iso15118-20 are',
      undefined,
    ]);
    expect(answers.at(-1)?.['message']).toEqual(messageToJson(decodeMessage(negative)));
  });

  it('puts lines together from chunks that end anywhere, also within a character', async () => {
    const message = {
      ...messageToJson(decodeMessage(negative)),
      header: { sessionId: 'AB', notification: { faultCode: 'UnknownError', faultMsg: 'größer 🚗' } },
    };
    const bytes = Buffer.from(lines([{ message }, { message }]), 'utf8');
    const output = new PassThrough();
    const single = Array.from(bytes, (octet) => Buffer.of(octet));
    const done = runExi('encode', Readable.from(single), output);
    const chunks: Buffer[] = [];
    output.on('data', (chunk: Buffer) => chunks.push(chunk));
    await done;
    const [first, second] = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
    expect(second).toBe(first);
    const { exiBase64 } = JSON.parse(first ?? '') as { exiBase64: string };
    expect(messageToJson(decodeMessage(Buffer.from(exiBase64, 'base64')))).toEqual(message);
  });

  it('refuses a line that is too long without keeping it, and answers the next', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    const answers = await run('decode', [
      ...Array.from({ length: 20 }, () => megabyte),
      '\n',
      `{"exiBase64":"${negativeBase64}"}\n`,
    ]);
    expect(answers).toHaveLength(2);
    expect(answers[0]).toEqual({ ok: false, error: 'the line has more than 8388608 characters' });
    expect(answers[1]?.['ok']).toBe(true);
  });

  it('waits for a slow reader and does not read ahead of it', async () => {
    let produced = 0;
    const line = `{"exiBase64":"${negativeBase64}"}\n`;
    const input = Readable.from(
      (function* () {
        for (; produced < 3000; produced++) yield Buffer.from(line);
      })(),
      { highWaterMark: 1 },
    );
    let aheadAtFirstWrite = -1;
    let received = 0;
    const output = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        if (aheadAtFirstWrite < 0) {
          setTimeout(() => {
            aheadAtFirstWrite = produced;
            done();
          }, 50);
          return;
        }
        received += chunk.length;
        done();
      },
    });
    await runExi('decode', input, output);
    expect(aheadAtFirstWrite).toBeLessThan(100);
    expect(received).toBeGreaterThan(0);
    expect(produced).toBe(3000);
  });

  it('fails when the output fails', async () => {
    const output = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error('closed'));
      },
    });
    await expect(runExi('decode', Readable.from([Buffer.from('{}\n{}\n')]), output)).rejects.toThrow(
      'closed',
    );
  });

  it('names the field that is wrong in a message to encode', async () => {
    const answers = await run(
      'encode',
      lines([
        { message: { header: { sessionId: 'A' }, body: {} } },
        { message: { header: { sessionId: '' }, body: { type: 'AuthorizationReq' } } },
        { message: { header: { sessionId: '', extra: 1 }, body: { type: 'CertificateUpdateReq' } } },
        {},
      ]),
    );
    expect(answers.map(({ error }) => error)).toEqual([
      'header.sessionId must be hexadecimal, two digits an octet',
      'body.type must be one of CertificateInstallationReq, CertificateInstallationRes, CertificateUpdateReq, CertificateUpdateRes',
      'header.extra is not a field of the message',
      'message is missing',
    ]);
  });

  it('refuses to verify what is not signed', async () => {
    expect(await run('verify', lines([{ exiBase64: negativeBase64 }]))).toEqual([
      { ok: false, error: 'the message is not signed' },
    ]);
  });

  it('refuses a fragment that it does not know', async () => {
    const [answer] = await run('fragment', lines([{ fragmentName: 'constructor', fields: {} }]));
    expect(answer?.['ok']).toBe(false);
  });
});

describe.skipIf(folder === undefined)('exi on the vectors', () => {
  const vectors = (folder === undefined ? {} : load('vectors-public.json')) as Record<string, Row[]>;
  const captures = (folder === undefined ? [] : load('real-vectors.json')) as Row[];
  const messages = vectors['messages'] ?? [];
  const iso2Captures = captures.filter(({ schema }) => schema === 'iso15118-2');

  it('decodes every message and capture to exactly its JSON form', async () => {
    const rows = [...messages, ...iso2Captures];
    const answers = await run('decode', lines(rows));
    expect(answers).toEqual(rows.map(({ message }) => ({ ok: true, message })));
  });

  it('encodes every message to exactly its bytes', async () => {
    const rows = [...messages, ...iso2Captures.filter((row) => row['reencodeIdentical'] === true)];
    const answers = await run('encode', lines(rows.map(({ schema, message }) => ({ schema, message }))));
    expect(answers).toEqual(rows.map(({ exiBase64 }) => ({ ok: true, exiBase64 })));
  });

  it('gives every fragment and its digest', async () => {
    const rows = vectors['fragments'] ?? [];
    expect(rows.length).toBeGreaterThan(100);
    const answers = await run('fragment', lines(rows));
    expect(answers).toEqual(rows.map(({ exiBase64, sha256 }) => ({ ok: true, exiBase64, sha256 })));
  });

  it('refuses every malformed input', async () => {
    const rows = vectors['malformed'] ?? [];
    const answers = await run('decode', lines(rows));
    expect(answers.map(({ ok }) => ok)).toEqual(rows.map(() => false));
  });

  it('verifies the captures as recorded and names the signer', async () => {
    const rows = iso2Captures.filter((row) => row['signer'] !== undefined);
    const answers = await run('verify', lines(rows));
    expect(answers.map(({ signer }) => signer)).toEqual(rows.map(({ signer }) => signer));
    rows.forEach((row, index) => {
      const answer = answers[index];
      const variants = (answer?.['variants'] ?? []) as string[];
      const recorded = Object.entries(row['digests'] as Record<string, { element: string; ok: boolean }>);
      const expected = recorded.map(([uri, { element, ok }]) => [
        uri,
        ok || (element === 'eMAID' && variants.includes('strict-emaid')),
      ]);
      expect(answer?.['digests']).toEqual(Object.fromEntries(expected));
      expect(answer?.['signature']).toBe(true);
      expect(variants.includes('iso2-signed-info')).toBe(row['signatureOverIso2SignedInfo']);
    });
  });

  const iso20Captures = captures.filter(({ schema }) => schema === 'iso15118-20');

  it('decodes and encodes every message and capture of ISO 15118-20', async () => {
    const rows = [...(vectors['iso20messages'] ?? []), ...iso20Captures];
    expect(rows.length).toBeGreaterThan(10);
    const decoded = await run('decode', lines(rows));
    expect(decoded).toEqual(rows.map(({ message }) => ({ ok: true, message })));
    const encoded = await run('encode', lines(rows.map(({ schema, message }) => ({ schema, message }))));
    expect(encoded).toEqual(rows.map(({ exiBase64 }) => ({ ok: true, exiBase64 })));
  });

  it('gives every fragment of ISO 15118-20 and its digests', async () => {
    const rows = vectors['iso20fragments'] ?? [];
    const answers = await run('fragment', lines(rows));
    expect(answers).toEqual(
      rows.map(({ exiBase64, sha256, sha512 }) => ({ ok: true, exiBase64, sha256, sha512 })),
    );
  });

  it('refuses messages of one edition under the schema of the other', async () => {
    const rows = [...iso20Captures, ...iso2Captures];
    const swapped = rows.map((row) => ({
      exiBase64: row.exiBase64,
      schema: row.schema === 'iso15118-2' ? 'iso15118-20' : 'iso15118-2',
    }));
    const answers = await run('decode', lines(swapped));
    expect(answers.map(({ ok }) => ok)).toEqual(rows.map(() => false));
  });

  it('verifies the captures of ISO 15118-20 as recorded and names the signer', async () => {
    const answers = await run('verify', lines(iso20Captures));
    expect(answers).toHaveLength(2);
    iso20Captures.forEach((row, index) => {
      const answer = answers[index];
      expect(answer).toMatchObject({ ok: true, signature: row['signatureOverXmldsigSignedInfo'] });
      expect(Object.values(answer?.['digests'] ?? {})).toEqual([row['digestOk']]);
      expect(answer?.['signer']).toContain('CN=');
    });
  });
});
