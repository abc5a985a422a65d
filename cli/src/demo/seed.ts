import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createDemoPki, readDemoPki, toPem, writeDemoPki, type DemoPki } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import type { Ecosystem } from '../start/ecosystem.ts';
import { writeFileWhole } from '../start/secrets.ts';
import { addDemoClients } from './clients.ts';
import { operatorDoor } from './operator-door.ts';

/** Name of the demo signer's key in the key store. */
export const demoSignerKey = 'demo-cps';

/**
 * Makes `--demo`'s ecosystem: a demo PKI under `<data>/demo-pki/`, its roots in RCP, its CPS certificate as a signer,
 * and a client for each party in `<data>/demo-credentials.json`. What is there already stays; a start that was killed
 * half way is finished.
 */
export async function seedDemo(ecosystem: Ecosystem, dataFolder: string): Promise<void> {
  const pki = await demoPkiOf(dataFolder);
  const credentialsFile = join(dataFolder, 'demo-credentials.json');
  if (!existsSync(credentialsFile)) {
    const clients = await addDemoClients(ecosystem.clients);
    await writeFileWhole(credentialsFile, `${JSON.stringify({ clients }, null, 2)}\n`);
  }
  await importSignerKey(ecosystem, pki);
  const operator = operatorDoor(ecosystem.transport);
  await operator.addRoot(toPem(pki.v2gRoot.certificate), 'V2G');
  await operator.addRoot(toPem(pki.oemRoot.certificate), 'OEM');
  await operator.addRoot(toPem(pki.moRoot.certificate), 'MO');
  await operator.addSigner(pki, demoSignerKey);
}

/** The demo PKI of a data folder, made when it is not there whole. */
export async function demoPkiOf(dataFolder: string): Promise<DemoPki> {
  const folder = join(dataFolder, 'demo-pki');
  // The V2G root is written last.
  if (existsSync(join(folder, 'v2g-root.pem'))) return await readDemoPki(folder);
  const pki = await createDemoPki({ now: new Date() });
  await writeDemoPki(pki, folder);
  return pki;
}

/** Puts the demo signer's key into the key store; one that is there already stays. */
export async function importSignerKey(ecosystem: Pick<Ecosystem, 'keyStore'>, pki: DemoPki): Promise<void> {
  await ecosystem.keyStore.importKey(demoSignerKey, pki.cps.leaf.privateKey).catch((error: unknown) => {
    if (!(error instanceof ChargeGraphError && error.code === 'CONFLICT')) throw error;
  });
}
