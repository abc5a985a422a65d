// `openssl ocsp` and `openssl ca` over a CA of their own, for tests.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toPem, type Certificate } from '../certificate.ts';
import type { IssuedCertificate } from '../demo/issue-certificate.ts';

const run = promisify(execFile);

/** One line of openssl's database. */
export interface IndexEntry {
  readonly certificate: Certificate;
  readonly revoked?: { readonly at: Date; readonly reason?: string };
}

export interface OpensslCa {
  /** Writes the database anew; a responder that is started later reads it. */
  index(entries: readonly IndexEntry[]): Promise<void>;
  /** Starts `openssl ocsp`, signing as `signer`, and returns its URL. */
  ocsp(signer: IssuedCertificate, ...more: readonly string[]): Promise<string>;
  /** What `openssl ca -gencrl` makes of the database, in DER. */
  crl(...more: readonly string[]): Promise<Buffer>;
  stop(): Promise<void>;
}

export async function createOpensslCa(ca: IssuedCertificate): Promise<OpensslCa> {
  const folder = await mkdtemp(join(tmpdir(), 'chargegraph-openssl-'));
  const file = (name: string): string => join(folder, name);
  const children: ChildProcess[] = [];
  let written = 0;
  const write = async ({ certificate, privateKey }: IssuedCertificate): Promise<string> => {
    const name = file(`${++written}.pem`);
    await writeFile(
      name,
      `${toPem(certificate)}${privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}`,
    );
    return name;
  };
  const issuer = await write(ca);
  await writeFile(
    file('ca.cnf'),
    [
      '[ca]',
      'default_ca = it',
      '[it]',
      `database = ${file('index.txt')}`,
      `crlnumber = ${file('crlnumber')}`,
      'default_md = sha256',
      'crl_extensions = crl',
      '[crl]',
      'authorityKeyIdentifier = keyid',
    ].join('\n'),
  );
  await writeFile(file('crlnumber'), '01\n');

  return {
    index: async (entries) => {
      const lines = entries.map(({ certificate, revoked }) => {
        const digits = certificate.serialNumber.toString(16).toUpperCase();
        const serial = digits.length % 2 === 0 ? digits : `0${digits}`;
        const when = revoked && [utcTime(revoked.at), revoked.reason].filter((part) => part !== undefined);
        const columns = [
          revoked === undefined ? 'V' : 'R',
          utcTime(certificate.notAfter),
          when?.join(',') ?? '',
          serial,
          'unknown',
          `/CN=${certificate.commonName ?? ''}`,
        ];
        return `${columns.join('\t')}\n`;
      });
      await writeFile(file('index.txt'), lines.join(''));
      await writeFile(file('index.txt.attr'), 'unique_subject = no\n');
    },
    ocsp: async (signer, ...more) => {
      const port = await freePort();
      const child = spawn(
        'openssl',
        [
          ...['ocsp', '-port', String(port), '-index', file('index.txt'), '-CA', issuer],
          ...['-rsigner', await write(signer), ...more],
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      children.push(child);
      await new Promise<void>((resolve, reject) => {
        let said = '';
        const hear = (text: Buffer): void => {
          said += text.toString();
          if (/waiting for OCSP client connections/i.test(said)) resolve();
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        child.once('error', reject);
        child.once('exit', () => {
          reject(new Error(said));
        });
      });
      return `http://127.0.0.1:${port}/`;
    },
    crl: async (...more) => {
      const pem = file('list.pem');
      const config = ['-config', file('ca.cnf'), '-cert', issuer, '-keyfile', issuer, '-batch'];
      await run('openssl', ['ca', '-gencrl', ...config, '-out', pem, ...more]);
      const der = file('list.der');
      await run('openssl', ['crl', '-in', pem, '-outform', 'DER', '-out', der]);
      return await readFile(der);
    },
    stop: async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.removeAllListeners('exit');
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function utcTime(date: Date): string {
  return `${date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
