import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createDemoPki,
  readDemoPki,
  toPem,
  writeDemoPki,
  type DemoPki,
  type EncryptedFileKeyStore,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { Ecosystem } from '../start/ecosystem.ts';
import { writeFileWhole } from '../start/secrets.ts';
import { addDemoClients } from './clients.ts';
import { demoKeys, editions, type DemoPkis } from './keys.ts';
import { contractCaInput, operatorDoor, signerInput } from './operator-door.ts';

/**
 * Makes `--demo`'s ecosystem: a demo PKI under `<data>/demo-pki/` and one for -20 under `<data>/demo-pki-20/`, their roots
 * in RCP, their CPS certificates as signers and their MO CAs as contract CAs, and a client for each party in
 * `<data>/demo-credentials.json`. What is there already stays; a start that was killed half way is finished.
 */
export async function seedDemo(ecosystem: Ecosystem, dataFolder: string): Promise<void> {
  const pkis = await demoPkisOf(dataFolder);
  const credentialsFile = join(dataFolder, 'demo-credentials.json');
  if (!existsSync(credentialsFile)) {
    const clients = await addDemoClients(ecosystem.clients);
    await writeFileWhole(credentialsFile, `${JSON.stringify({ clients }, null, 2)}\n`);
  }
  await importDemoKeys(ecosystem.keyStore, pkis);
  const operator = operatorDoor(ecosystem.transport);
  for (const edition of editions) {
    const pki = pkis[edition];
    await operator.addRoot(toPem(pki.v2gRoot.certificate), 'V2G');
    await operator.addRoot(toPem(pki.oemRoot.certificate), 'OEM');
    await operator.addRoot(toPem(pki.moRoot.certificate), 'MO');
    await operator.addSigner(signerInput(pki, demoKeys[edition].signer, edition));
    await operator.addContractCa(contractCaInput(pki, edition));
  }
}

/** The demo PKIs of a data folder, made when they are not there whole. */
export async function demoPkisOf(dataFolder: string): Promise<DemoPkis> {
  return {
    iso2: await pkiIn(join(dataFolder, 'demo-pki'), '-2'),
    iso20: await pkiIn(join(dataFolder, 'demo-pki-20'), '-20'),
  };
}

async function pkiIn(folder: string, edition: '-2' | '-20'): Promise<DemoPki> {
  // The V2G root is written last.
  if (existsSync(join(folder, 'v2g-root.pem'))) return await readDemoPki(folder);
  const pki = await createDemoPki({ now: new Date(), edition });
  await writeDemoPki(pki, folder);
  return pki;
}

/** Puts the keys of the demo's signers and contract CAs into the key store; those that are there already stay. */
export async function importDemoKeys(keyStore: EncryptedFileKeyStore, pkis: DemoPkis): Promise<void> {
  const importKey = (reference: string, { privateKey }: IssuedCertificate) =>
    keyStore.importKey(reference, privateKey).catch((error: unknown) => {
      if (!(error instanceof ChargeGraphError && error.code === 'CONFLICT')) throw error;
    });
  for (const edition of editions) {
    const { signer, contractCa } = demoKeys[edition];
    await importKey(signer, pkis[edition].cps.leaf);
    await importKey(contractCa, pkis[edition].v2gMo.subCa2);
  }
}
