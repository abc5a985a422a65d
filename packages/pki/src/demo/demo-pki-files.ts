import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChargeGraphError } from '@chargegraph/service';
import { writeFileAtomically } from '../atomic-file.ts';
import { parseCertificate, toPem } from '../certificate.ts';
import type { DemoPki } from './demo-pki.ts';
import type { IssuedCertificate } from './issue-certificate.ts';

/** The files' names without extension, and what lies in them. */
function filesOf(pki: DemoPki): Record<string, IssuedCertificate> {
  return {
    'v2g-root': pki.v2gRoot,
    'cps-sub-ca-1': pki.cps.subCa1,
    'cps-sub-ca-2': pki.cps.subCa2,
    'cps-leaf': pki.cps.leaf,
    'cpo-sub-ca-1': pki.cpo.subCa1,
    'cpo-sub-ca-2': pki.cpo.subCa2,
    'cpo-leaf': pki.cpo.leaf,
    'v2g-mo-sub-ca-1': pki.v2gMo.subCa1,
    'v2g-mo-sub-ca-2': pki.v2gMo.subCa2,
    'oem-root': pki.oemRoot,
    'oem-sub-ca-1': pki.oem.subCa1,
    'oem-sub-ca-2': pki.oem.subCa2,
    'mo-root': pki.moRoot,
    'mo-sub-ca-1': pki.mo.subCa1,
    'mo-sub-ca-2': pki.mo.subCa2,
  };
}

/** Chains as TLS servers and `openssl verify -untrusted` want them: leaf first where there is one, no root. */
function chainsOf(pki: DemoPki): Record<string, readonly IssuedCertificate[]> {
  const { cps, cpo, v2gMo, oem, mo } = pki;
  return {
    'cps-chain': [cps.leaf, cps.subCa2, cps.subCa1],
    'cpo-chain': [cpo.leaf, cpo.subCa2, cpo.subCa1],
    'v2g-mo-chain': [v2gMo.subCa2, v2gMo.subCa1],
    'oem-chain': [oem.subCa2, oem.subCa1],
    'mo-chain': [mo.subCa2, mo.subCa1],
  };
}

/**
 * Writes the demo PKI into a folder, which is made if need be: `<name>.pem` for each certificate, `<name>.key`
 * for its key (PKCS#8 PEM, not encrypted, mode 0600), `<branch>-chain.pem` for each chain. What lies there under
 * these names is replaced. Each file is whole or absent, and the V2G root's certificate is written last, so that
 * its presence means that all of them are there.
 */
export async function writeDemoPki(pki: DemoPki, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string, mode: number): Promise<void> =>
    writeFileAtomically(join(folder, name), text, { mode });

  const files = Object.entries(filesOf(pki)).reverse();
  for (const [name, { privateKey }] of files) {
    await write(`${name}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  }
  for (const [name, chain] of Object.entries(chainsOf(pki))) {
    await write(`${name}.pem`, chain.map(({ certificate }) => toPem(certificate)).join(''), 0o644);
  }
  for (const [name, { certificate }] of files) await write(`${name}.pem`, toPem(certificate), 0o644);
}

/**
 * Reads what {@link writeDemoPki} wrote.
 *
 * @throws ChargeGraphError NOT_FOUND if a file is missing, CERTIFICATE_INVALID for a damaged certificate,
 *   KEY_MISMATCH for a key that can't be read or does not belong to its certificate
 */
export async function readDemoPki(folder: string): Promise<DemoPki> {
  const one = (name: string): Promise<IssuedCertificate> => readIssued(folder, name);
  const branch = async (name: string): Promise<{ subCa1: IssuedCertificate; subCa2: IssuedCertificate }> => {
    const [subCa1, subCa2] = await Promise.all([one(`${name}-sub-ca-1`), one(`${name}-sub-ca-2`)]);
    return { subCa1, subCa2 };
  };
  return {
    v2gRoot: await one('v2g-root'),
    cps: { ...(await branch('cps')), leaf: await one('cps-leaf') },
    cpo: { ...(await branch('cpo')), leaf: await one('cpo-leaf') },
    v2gMo: await branch('v2g-mo'),
    oemRoot: await one('oem-root'),
    oem: await branch('oem'),
    moRoot: await one('mo-root'),
    mo: await branch('mo'),
  };
}

async function readIssued(folder: string, name: string): Promise<IssuedCertificate> {
  const certificate = parseCertificate(await readText(folder, `${name}.pem`));
  const pem = await readText(folder, `${name}.key`);
  try {
    const privateKey = createPrivateKey(pem);
    if (createPublicKey(privateKey).equals(certificate.publicKey)) return { certificate, privateKey };
  } catch (cause) {
    throw new ChargeGraphError('KEY_MISMATCH', `The demo PKI's key ${name}.key cannot be read.`, { cause });
  }
  throw new ChargeGraphError('KEY_MISMATCH', `The demo PKI's key ${name}.key is not that of ${name}.pem.`);
}

async function readText(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    throw new ChargeGraphError('NOT_FOUND', `The demo PKI's file ${name} cannot be read.`, { cause });
  }
}
