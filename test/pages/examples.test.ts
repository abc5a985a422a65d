import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildCar,
  lookUpVehicle,
  makeContractData,
  makeEmaid,
  type DemoClient,
  type Doors,
} from '@chargegraph/cli';
import { examples, parties, placeholders, type Example, type Party } from '@chargegraph/gateway';
import { createDemoPki, toPem } from '@chargegraph/pki';
import { signOutside } from '../harness/contract-data.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { send } from '../harness/http.ts';
import { newPcid, publishCarInput, publishNewCar, signNewContract } from '../harness/parties.ts';
import { within } from '../harness/wait.ts';

describe('the saved examples', () => {
  let world: TestEcosystem;
  let doors: Record<Party, Doors>;
  let values: Record<keyof typeof placeholders, string>;

  beforeAll(async () => {
    world = await startTestEcosystem();
    const opened = Object.keys(parties).map(
      async (party) => [party, await world.doors(`demo-${party}` as DemoClient)] as const,
    );
    doors = Object.fromEntries(await Promise.all(opened)) as typeof doors;
    values = await thingsOfTheParties(world, doors);
  }, 60_000);
  afterAll(() => world.stop());

  it('are there for each party, a query, a mutation and a subscription at least', () => {
    for (const party of Object.keys(parties)) {
      const own = examples.filter((example) => example.party === party);
      expect(new Set(own.map(kindOf))).toEqual(new Set(['query', 'mutation', 'subscription']));
      expect(new Set(own.map(({ title }) => title)).size).toBe(own.length);
    }
  });

  // What one of them deletes, others need.
  const inOrder = [...examples].sort((a, b) => Number(deletes(a)) - Number(deletes(b)));

  it.each(inOrder.map((example) => [example.party, kindOf(example), example.title, example] as const))(
    'of %s: the %s “%s” is one that this party may run',
    async (party, kind, _title, { document, variables }) => {
      const filled = variables === undefined ? {} : (fill(variables, values) as Record<string, unknown>);
      if (kind === 'subscription') {
        const client = doors[party].websocket();
        const events = client.iterate({ query: document, variables: filled });
        const first = await within('an event or a marker comes', 10_000, events.next());
        expect((first.value as { errors?: unknown }).errors).toBeUndefined();
        await client.dispose();
        return;
      }
      const data = await doors[party].graphql<Record<string, object | null>>(document, filled);
      for (const answer of Object.values(data)) {
        expect(answer).not.toBeNull();
        if (kind === 'mutation') expect(answer).toMatchObject({ userErrors: [] });
      }
    },
  );

  it('stand on a page that needs no token, as does what else there is for people', async () => {
    for (const path of ['/', '/graphql', '/docs', '/docs/opcp.openapi.json']) {
      const page = await send(`${world.url}${path}`, { method: 'GET', headers: { accept: 'text/html' } });
      expect(page.status).toBe(200);
    }
    const document = await send(`${world.url}/docs/opcp.openapi.json`, { method: 'GET' });
    expect(document.json).toMatchObject({ servers: [{ url: world.url }] });
  });
});

const kindOf = ({ document }: Example): string => /^(query|mutation|subscription) /.exec(document)?.[1] ?? '';

const deletes = ({ document }: Example): boolean => document.includes('deleteContract');

/** Variables with the parties' own things in the places for them. */
function fill(variables: unknown, values: Readonly<Record<string, string>>): unknown {
  const text = JSON.stringify(variables, (_key, value: unknown) => {
    const place = Object.entries(placeholders).find(([, shown]) => shown === value);
    return place === undefined ? value : values[place[0]];
  });
  return JSON.parse(text);
}

/** What stands for each placeholder: a car with a contract, one without, and what it takes to make more. */
async function thingsOfTheParties(
  { pki }: TestEcosystem,
  { oem, mo }: Record<Party, Doors>,
): Promise<Record<keyof typeof placeholders, string>> {
  const car = await publishNewCar(oem, pki);
  const other = await publishNewCar(oem, pki);
  const { emaid } = await signNewContract(mo, pki, car);
  const toBe = await buildCar(pki, newPcid());
  const published = publishCarInput(pki, toBe.provisioningCertificate);
  const data = await makeContractData(pki, makeEmaid(), await lookUpVehicle(mo, car.pcid));
  const stranger = await createDemoPki({ now: new Date() });
  const day = 86_400_000;
  return {
    pcid: car.pcid,
    emaid,
    newPcid: other.pcid,
    newEmaid: makeEmaid(),
    contractBegins: new Date().toISOString(),
    contractEnds: new Date(Date.now() + 60 * day).toISOString(),
    vehicleCertificate: published.vehicleCertificate,
    oemSubCa1: published.subCa1Certificate,
    oemSubCa2: published.subCa2Certificate,
    contractCertificate: data.contractCertificate,
    moSubCa1: toPem(pki.mo.subCa1.certificate),
    moSubCa2: toPem(pki.mo.subCa2.certificate),
    encryptedPrivateKey: data.encryptedPrivateKey,
    dhPublicKey: data.dhPublicKey,
    signedContractData: await signOutside({
      emaid: makeEmaid(),
      car: other.provisioningCertificate,
      mo: pki,
      cps: pki,
    }),
    installationRequest: Buffer.from(await car.requestCertificate()).toString('base64'),
    rootCertificate: toPem(stranger.oemRoot.certificate),
  };
}
