import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditTrail, recordedSince, type TrailEntry } from '@chargegraph/audit/testing';
import type { LimitDeps } from '@chargegraph/cli';
import { createDatabase, type Database } from '@chargegraph/database';
import { defaultLimits } from '@chargegraph/gateway';
import { silentLogger } from '@chargegraph/service';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { temporaryFolder } from '../harness/folders.ts';
import { accessToken, send } from '../harness/http.ts';
import { newPcid } from '../harness/parties.ts';
import { overWebsocket } from './over-websocket.ts';

/** An ecosystem of certain limits, and what the audit of its clients holds. */
function scene(limits: () => LimitDeps | Promise<LimitDeps>) {
  let world: TestEcosystem;
  let audit: Database;
  beforeAll(async () => {
    world = await startTestEcosystem(await limits());
    const { databaseUrl: url } = world;
    audit = createDatabase({ url, schema: 'identity', logger: silentLogger, max: 1 });
  });
  afterAll(async () => {
    await audit.close();
    await world.stop();
  });
  const tokenOf = (client: keyof TestEcosystem['credentials']) =>
    accessToken(world.url, world.credentials[client]);
  const clientIdOf = (client: keyof TestEcosystem['credentials']) => world.credentials[client].clientId;
  return {
    tokenOf,
    clientIdOf,
    audit: () => audit,
    graphql: (token: string, body: object) => send(`${world.url}/graphql`, { token, body }),
    socketOf: async (client: keyof TestEcosystem['credentials']) =>
      overWebsocket(world.url, await tokenOf(client)),
    /** What is recorded of what `work` does; the last of it is recorded. */
    recordedOf: async (work: () => Promise<unknown>): Promise<TrailEntry[]> => {
      const known = (await auditTrail(audit)).length;
      await work();
      return recordedSince(audit, known);
    },
  };
}

const reset = (pcid: string, alias = 'a') =>
  `${alias}: factoryResetVehicle(input: {pcid: "${pcid}"}) { userErrors { code } }`;

describe('a mutation that the gateway refuses for a limit', () => {
  const { tokenOf, clientIdOf, audit, graphql, socketOf, recordedOf } = scene(() => ({
    limits: { maxCost: 120, costPerMinute: 400 },
  }));

  it('is recorded as the client’s refused write, over HTTP', async () => {
    const pcid = newPcid();
    const token = await tokenOf('demo-oem');
    const fields = Array.from({ length: defaultLimits.maxMutations + 1 }, (_, index) =>
      reset(pcid, `a${String(index)}`),
    );
    let traceId: unknown;
    const trail = await recordedOf(async () => {
      const { json } = await graphql(token, { query: `mutation { ${fields.join(' ')} }` });
      traceId = (json as { errors: { extensions: { traceId: string } }[] }).errors[0]?.extensions.traceId;
    });
    expect(trail).toEqual([
      {
        clientId: clientIdOf('demo-oem'),
        organisation: expect.any(String) as string,
        traceId,
        action: 'factoryResetVehicle',
        object: `ProvisioningCertificate ${pcid}`,
        outcome: 'REFUSED',
        code: 'LIMIT_EXCEEDED',
        detail: 'The operation has 11 mutations; at most 10 are allowed in one operation.',
      },
    ]);
  });

  it('is recorded over a websocket too, for its cost', async () => {
    const query = `mutation ($a: PCID!, $b: PCID!) {
      ${Array.from({ length: 9 }, (_, index) => reset('', `a${String(index)}`).replace('""', index === 0 ? '$a' : '$b')).join(' ')}
      updateProvisioningCertificate(input: {vehicleCertificate: "", subCa1Certificate: ""}) { __typename }
    }`;
    const [a, b] = [newPcid(), newPcid()];
    const socket = await socketOf('demo-oem');
    const trail = await recordedOf(() => socket.run({ query, variables: { a, b } }));
    socket.close();
    expect(trail).toMatchObject([
      {
        action: 'factoryResetVehicle, updateProvisioningCertificate',
        object: `ProvisioningCertificate ${a}, ProvisioningCertificate ${b}`,
        detail: expect.stringMatching(/^The operation costs \d+; at most 120 is allowed/) as string,
      },
    ]);
  });

  it('is recorded beyond a rate, and what a pool has refused is not recorded here again', async () => {
    const known = (await auditTrail(audit())).length;
    const token = await tokenOf('demo-mo');
    const emaid = 'DEABCC00000001';
    const query = `mutation { deleteContract(input: {emaid: "${emaid}"}) { userErrors { code } } }`;
    let answer = await graphql(token, { query });
    for (let tries = 0; answer.status === 200 && tries < 100; tries++)
      answer = await graphql(token, { query });
    expect(answer.status).toBe(429);
    expect(await recordedSince(audit(), known)).toMatchObject([
      {
        clientId: clientIdOf('demo-mo'),
        action: 'deleteContract',
        object: `Contract ${emaid}`,
        code: 'LIMIT_EXCEEDED',
        detail: expect.stringMatching(/^A client may spend a cost of 400 a minute/) as string,
      },
    ]);
  });

  it('is recorded, and nothing is of a query, of what does not fit the schema, or of a car’s request', async () => {
    const token = await tokenOf('demo-operator');
    const dear = '{ rootCertificates(first: 100) { nodes { id type } } }';
    const trail = await recordedOf(async () => {
      for (const query of [dear, `mutation ${dear}`, 'mutation { nonsense }', 'mutation {']) {
        expect((await graphql(token, { query })).json).toMatchObject({ errors: [{}] });
      }
      const cars = Array.from(
        { length: 11 },
        (_, index) =>
          `a${String(index)}: requestCertificateInstallation(input: {certificateInstallationReq: ""}) { reason }`,
      );
      expect((await graphql(token, { query: `mutation { ${cars.join(' ')} }` })).json).toMatchObject({
        errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
      });
      await graphql(token, {
        query: `mutation { ${Array.from({ length: 11 }, (_, n) => `a${String(n)}: disableClient(input: {clientId: "demo"}) { userErrors { code } }`).join(' ')} }`,
      });
    });
    expect(trail).toMatchObject([{ action: 'disableClient', object: 'Client demo' }]);
  });

  it('is shown to the operator among the clients’ audit', async () => {
    const token = await tokenOf('demo-cps');
    expect(token).not.toBe('');
    const query = `{ identityAudit(last: 1, where: {action: "disableClient"}, orderBy: POSITION_ASC) {
      nodes { clientId outcome code } } }`;
    const operator = await tokenOf('demo-operator');
    for (let tries = 0; tries < 100; tries++) {
      const { json } = await graphql(operator, { query });
      const { nodes } = (json as { data: { identityAudit: { nodes: object[] } } }).data.identityAudit;
      if (nodes.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const clientId = clientIdOf('demo-operator');
      expect(nodes).toEqual([{ clientId, outcome: 'REFUSED', code: 'LIMIT_EXCEEDED' }]);
      return;
    }
    throw new Error('The record was not sealed.');
  });
});

describe('a mutation whose text may not run', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const { tokenOf, graphql, socketOf, recordedOf } = scene(async () => {
    folder = await temporaryFolder();
    const path = join(folder.path, 'documents.json');
    await writeFile(path, JSON.stringify({ abc: '{ __typename }' }));
    return { persistedDocuments: { path, only: true } };
  });
  afterAll(() => folder.remove());

  it('is recorded by either door', async () => {
    const pcid = newPcid();
    const query = `mutation ($pcid: PCID!) { ${reset('', 'b').replace('""', '$pcid')} }`;
    const refused = {
      action: 'factoryResetVehicle',
      object: `ProvisioningCertificate ${pcid}`,
      code: 'FORBIDDEN',
      detail: 'Only registered documents are run here: send the id of one.',
    };
    const token = await tokenOf('demo-oem');
    expect(await recordedOf(() => graphql(token, { query, variables: { pcid } }))).toMatchObject([refused]);
    const socket = await socketOf('demo-oem');
    expect(await recordedOf(() => socket.run({ query, variables: { pcid } }))).toMatchObject([refused]);
    socket.close();
  });
});
