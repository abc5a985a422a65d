import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookUpVehicle, makeContractData, makeEmaid, type Car, type Doors } from '@chargegraph/cli';
import { createCps } from '@chargegraph/cps';
import { createDatabase, type Database } from '@chargegraph/database';
import { createInProcessBus } from '@chargegraph/events';
import { createGraphClient, type GraphTransport, type Subgraph } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import { createRevocationChecker } from '@chargegraph/pki';
import { silentLogger, systemClock } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { publishNewCar } from '../harness/parties.ts';
import { clientNamed } from '../harness/tokens.ts';

const signMutation = `mutation ($input: SignContractDataInput!) {
  signContractData(input: $input) { signedContractData emaid contract { id } userErrors { message code } }
}`;

type Published = 'nothing' | 'before it arrives' | 'after it was stored';

describe('a provisioning service whose call to the contract pool fails', () => {
  let world: TestEcosystem;
  let mo: Doors;
  let car: Car;
  let caller: Caller;
  let cps: Subgraph;
  let ccp: Database;
  /** What goes wrong with the next publishContract. */
  let goesWrong: Published = 'nothing';

  beforeAll(async () => {
    world = await startTestEcosystem();
    mo = await world.doors('demo-mo');
    car = await publishNewCar(await world.doors('demo-oem'), world.pki);
    ({ caller } = await clientNamed(world, 'demo-mo'));
    ccp = createDatabase({ url: world.databaseUrl, schema: 'ccp', logger: silentLogger, max: 2 });
    const { transport, keyStore } = world.running();
    const breaking: GraphTransport = async (request) => {
      if (!request.query.includes('publishContract') || goesWrong === 'nothing')
        return await transport(request);
      const now = goesWrong;
      goesWrong = 'nothing';
      if (now === 'after it was stored') await transport(request);
      throw new Error('read ECONNRESET');
    };
    const checker = createRevocationChecker({ clock: systemClock, logger: silentLogger });
    // A second CPS process of the same installation, with a bad line to the gateway.
    cps = createCps({
      databaseUrl: world.databaseUrl,
      graph: createGraphClient(breaking),
      bus: createInProcessBus(),
      clock: systemClock,
      logger: silentLogger,
      keyStore,
      revocation: { checker, policy: 'soft' },
    });
    await cps.start();
  });
  afterAll(async () => {
    await cps.stop();
    await ccp.close();
    await world.stop();
  });

  const sign = async (input: object) => {
    const context = { caller, traceId: randomUUID(), deadline: Date.now() + 15_000, hops: 0 };
    const { data, errors } = await cps.execute({ query: signMutation, variables: { input }, context });
    return {
      errors,
      payload: data?.['signContractData'] as { signedContractData: string | null } | undefined,
    };
  };
  const contractsOf = async (emaid: string) =>
    await ccp.query<{ exi: Buffer }>(
      'SELECT exi FROM contract JOIN signed_contract_data USING (emaid_key) WHERE emaid = $1',
      [emaid],
    );
  const eventsOf = async (emaid: string) =>
    await ccp.query(
      `SELECT facts FROM log WHERE facts->>'emaid' = $1 UNION ALL SELECT facts FROM outbox WHERE facts->>'emaid' = $1`,
      [emaid],
    );
  const signed = createSignedReader();

  for (const when of ['before it arrives', 'after it was stored'] as const) {
    it(`stores its signature first: a failure ${when} and a retry give the same octets and one contract`, async () => {
      const emaid = makeEmaid();
      const data = await makeContractData(world.pki, emaid, await lookUpVehicle(mo, car.pcid));
      const input = { ...data, pcid: car.pcid };
      goesWrong = when;
      const failed = await sign(input);
      expect(failed.errors).toMatchObject([
        { extensions: { code: expect.stringMatching(/UNAVAILABLE|INTERNAL/) } },
      ]);
      expect(await contractsOf(emaid)).toHaveLength(when === 'before it arrives' ? 0 : 1);
      const kept = await signed(world.databaseUrl, emaid);
      expect(kept).toHaveLength(1);

      const again = await sign(input);
      expect(again).toMatchObject({ errors: undefined, payload: { emaid, userErrors: [] } });
      expect(again.payload?.signedContractData).toBe(kept[0]);
      const stored = await contractsOf(emaid);
      expect(stored.map(({ exi }) => exi.toString('base64'))).toEqual(kept);
      expect(await eventsOf(emaid)).toHaveLength(1);

      // Through the ecosystem's own CPS, which shares the database, the same once more.
      const { signContractData } = await mo.graphql<{ signContractData: { signedContractData: string } }>(
        signMutation,
        { input },
      );
      expect([signContractData.signedContractData]).toEqual(kept);
      expect(await eventsOf(emaid)).toHaveLength(1);
    });
  }
});

/** What CPS keeps of an EMAID's signing results, in base64. */
function createSignedReader() {
  return async (databaseUrl: string, emaid: string): Promise<string[]> => {
    const cpsDatabase = createDatabase({ url: databaseUrl, schema: 'cps', logger: silentLogger, max: 1 });
    try {
      const rows = await cpsDatabase.query<{ exi: Buffer }>(
        'SELECT exi FROM signing_result WHERE emaid_identity = $1',
        [emaid.slice(0, 14)],
      );
      return rows.map(({ exi }) => exi.toString('base64'));
    } finally {
      await cpsDatabase.close();
    }
  };
}
