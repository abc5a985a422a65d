import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/folders.ts';
import { freePort } from '../harness/ports.ts';
import type { ChargegraphProcess } from '../harness/processes.ts';
import { startDemo } from '../harness/start-process.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** What the shell blocks of the README say, by the word behind `sh`. */
function blocks(kind: string): string[] {
  const pattern = new RegExp(`^\`\`\`sh${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...readme.matchAll(pattern)].map((match) => match[1] ?? '');
}

describe('the README', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let ecosystem: ChargegraphProcess;
  let url: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    // The command of its block that is not run verbatim, on a port and folder of the test's own.
    ecosystem = startDemo(folder.path, port);
    await ecosystem.says(/demo PKI/);
  });

  afterAll(async () => {
    ecosystem.signal('SIGTERM');
    await ecosystem.ended;
    await folder.remove();
  });

  it('begins with the two commands that CI runs', () => {
    const ci = readFileSync(join(root, '.ci', 'run'), 'utf8').split('\n');
    const commands = (blocks('')[0] ?? '').trim().split('\n');
    expect(commands).toEqual(['npm run demo', 'npm test']);
    for (const command of commands) expect(ci).toContain(command);
  });

  it('starts the playground with a command that exists', () => {
    expect(blocks(' no-run')).toEqual(['npm run chargegraph -- start --demo\n']);
  });

  it('has commands that work, one after the other, in one shell', async () => {
    const script = blocks('').slice(1).join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      env: { ...process.env, URL: url, DATA: folder.path, PCID: 'WMI00000000README' },
      maxBuffer: 1024 * 1024,
    });
    expect(stdout).toContain('"type":"V2G"');
    expect(stdout).toContain('"pcid":"WMI00000000README","verdict":{"status":"VALID"}');
    expect(stdout).toContain('"userErrors":[]');
    expect(stdout).toContain('-----BEGIN CERTIFICATE-----');
    expect(stdout).toContain('{"errorMessages":["EXI format is invalid!"],"traceId":');
    expect(stdout).toContain('"responseCode":"FAILED_NoCertificateAvailable"');
    expect(stdout).not.toContain('"errors"');
  }, 60_000);
});
