import { signerInput, demoKeys, type DemoClient, type DemoCredentials } from '@chargegraph/cli';
import { createDemoPki, toPem, type DemoPki } from '@chargegraph/pki';
import pg from 'pg';
import type { Distributed } from '../harness/distributed.ts';
import type { TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send } from '../harness/http.ts';

/** The ecosystem as its parties and a look into its database see it, in one process or several. */
export interface Installation {
  readonly pki: DemoPki;
  /** Its database. */
  readonly database: pg.Client;
  /** One operation of a demo party; throws when nobody answers. */
  ask(
    client: DemoClient,
    query: string,
    variables?: object,
  ): Promise<{
    readonly data: Record<string, unknown> | null | undefined;
    readonly code: string | undefined;
  }>;
  close(): Promise<void>;
}

async function open(
  url: string,
  databaseUrl: string,
  credentials: DemoCredentials,
  pki: DemoPki,
): Promise<Installation> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const tokens = new Map<DemoClient, string>();
  return {
    pki,
    database,
    ask: async (client, query, variables = {}) => {
      const token = tokens.get(client) ?? (await accessToken(url, credentials[client]));
      tokens.set(client, token);
      const { json } = await send(`${url}/graphql`, { token, body: { query, variables } });
      const { data, errors } = json as {
        data: Record<string, unknown> | null | undefined;
        errors?: readonly { extensions?: { code?: string } }[];
      };
      return { data, code: errors && (errors[0]?.extensions?.code ?? 'none') };
    },
    close: () => database.end(),
  };
}

/** The ecosystem in this process. */
export const inOneProcess = ({ url, databaseUrl, credentials, pki }: TestEcosystem) =>
  open(url, databaseUrl, credentials, pki);

/** The ecosystem as processes of their own, with the demo's roots and signer. */
export async function inProcesses(place: Distributed): Promise<Installation> {
  const migrated = await place.migrate();
  if (migrated.code !== 0) throw new Error(migrated.stderr);
  const credentials = await place.addClients();
  await place.start();
  const pki = place.pkis.iso2;
  const installation = await open(place.gatewayUrl, place.databaseUrl, credentials, pki);
  for (const [root, type] of [
    [pki.v2gRoot, 'V2G'],
    [pki.oemRoot, 'OEM'],
    [pki.moRoot, 'MO'],
  ] as const) {
    await operate(installation, 'addRootCertificate', { certificate: toPem(root.certificate), type });
  }
  await operate(installation, 'addCpsSigner', signerInput(pki, demoKeys.iso2.signer));
  return installation;
}

async function operate({ ask }: Installation, name: string, input: object): Promise<void> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { message } } }`;
  const { data, code } = await ask('demo-operator', query, { input });
  const payload = data?.[name] as { userErrors: readonly { message: string }[] } | undefined;
  if (payload?.userErrors.length !== 0) throw new Error(`${name}: ${code ?? JSON.stringify(payload)}`);
}

/** Cars and contracts of one play, and the PKI whose mobility operator's root comes and goes. */
export interface Cast {
  readonly pcids: readonly string[];
  readonly emaids: readonly string[];
  readonly movingPki: DemoPki;
}

/** A cast that no other play of this number has. */
export async function makeCast(number: number, cars: number, contracts: number): Promise<Cast> {
  const name = (index: number) => String(number * 1_000 + index);
  return {
    pcids: Array.from({ length: cars }, (_, index) => `WMI${name(index).padStart(14, '0')}`),
    // Without a check digit, so that it is what logs and lists show.
    emaids: Array.from({ length: contracts }, (_, index) => `EMP99C${name(index).padStart(8, '0')}`),
    movingPki: await createDemoPki({ now: new Date() }),
  };
}
