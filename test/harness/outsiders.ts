import { addDemoClients, migrateAll, openDoors, type DemoCredentials, type Doors } from '@chargegraph/cli';
import { createDatabase } from '@chargegraph/database';
import { createClients } from '@chargegraph/identity';
import { toPem, type DemoPki } from '@chargegraph/pki';
import { silentLogger, systemClock } from '@chargegraph/service';
import type { UserError } from './parties.ts';

/** Brings a database's schemas up to date and adds the demo's clients, without a process for each. */
export async function prepareDatabase(url: string): Promise<DemoCredentials> {
  await migrateAll(url, silentLogger);
  const database = createDatabase({ url, schema: 'identity', logger: silentLogger, max: 2 });
  try {
    const clients = createClients({ database, clock: systemClock });
    return await addDemoClients(clients.as({ clientId: 'test', organisation: 'test', traceId: 'test' }));
  } finally {
    await database.close();
  }
}

const addRoot = `mutation ($input: AddRootCertificateInput!) {
  addRootCertificate(input: $input) { userErrors { message } } }`;

/** Puts a PKI's roots into RCP, through a gateway that has just started. */
export async function addRoots(operator: Doors, pki: DemoPki): Promise<void> {
  const roots = [
    { certificate: toPem(pki.v2gRoot.certificate), type: 'V2G' },
    { certificate: toPem(pki.oemRoot.certificate), type: 'OEM' },
    { certificate: toPem(pki.moRoot.certificate), type: 'MO' },
  ];
  for (const input of roots) {
    const { addRootCertificate } = await operator.graphql<{
      addRootCertificate: { userErrors: UserError[] };
    }>(addRoot, { input });
    if (addRootCertificate.userErrors[0] !== undefined)
      throw new Error(addRootCertificate.userErrors[0].message);
  }
}

/** The doors of the parties that events are about. */
export async function openParties(url: string, credentials: DemoCredentials) {
  const [oem, mo, operator] = await Promise.all([
    openDoors(url, credentials['demo-oem']),
    openDoors(url, credentials['demo-mo']),
    openDoors(url, credentials['demo-operator']),
  ]);
  return { oem, mo, operator };
}
