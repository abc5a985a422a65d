import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from 'graphql-ws';
import { lookUpVehicle, type Car, type Doors } from '@chargegraph/cli';
import { encodeCursor, decodeCursor } from '@chargegraph/events';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { endOfLog, listen } from '../harness/events.ts';
import { accessToken } from '../harness/http.ts';
import {
  deleteContract,
  publishNewCar,
  signNewContract,
  signRenewal,
  updateContract,
  type SignedContract,
} from '../harness/parties.ts';
import { subscriber } from '../harness/subscriber.ts';
import { pause } from '../harness/wait.ts';

type Event = Record<string, unknown>;

describe('a subscription to contract events', () => {
  let world: TestEcosystem;
  let oem: Doors;
  let mo: Doors;
  let operator: Doors;
  let cars: [Car, Car];
  let contracts: [SignedContract, SignedContract];
  /** Before anything happened. */
  let start: string;
  let clients: Record<'oem' | 'other' | 'operator' | 'mo', Client>;

  /** The five events that happen first: two creations, an update, a deletion, and a creation again. */
  beforeAll(async () => {
    world = await startTestEcosystem();
    [oem, mo, operator] = await Promise.all([
      world.doors('demo-oem'),
      world.doors('demo-mo'),
      world.doors('demo-operator'),
    ]);
    const other = await world
      .running()
      .clients.add({
        clientId: 'other-oem',
        name: 'Other',
        organisation: 'Other',
        roles: ['OEM'],
        wmis: ['XYZ'],
      });
    const connect = (credentials: { clientId: string; clientSecret: string }) =>
      subscriber(world.url, () => accessToken(world.url, credentials)).client;
    clients = {
      oem: connect(world.credentials['demo-oem']),
      other: connect(other),
      operator: connect(world.credentials['demo-operator']),
      mo: connect(world.credentials['demo-mo']),
    };
    start = await endOfLog(operator);
    cars = [await publishNewCar(oem, world.pki), await publishNewCar(oem, world.pki)];
    contracts = [
      await signNewContract(mo, world.pki, cars[0]),
      await signNewContract(mo, world.pki, cars[1]),
    ];
    const vehicle = await lookUpVehicle(mo, cars[0].pcid);
    await updateContract(mo, await signRenewal(mo, world.pki, contracts[0].emaid, vehicle));
    await deleteContract(mo, contracts[1].emaid);
    await signNewContract(mo, world.pki, cars[1]);
  });
  afterAll(async () => {
    for (const client of Object.values(clients)) await client.dispose();
    await world.stop();
  });

  /** Replays the first events with a selection. */
  const replay = async (
    selection: string,
    count: number,
    variables: Record<string, unknown> = {},
    head = '($start: Cursor)',
    client = clients.oem,
  ) => {
    const listening = listen<Record<string, Event>>(client, `subscription S${head} ${selection}`, {
      start,
      ...variables,
    });
    const events = await listening.events(count);
    listening.stop();
    return events;
  };
  /** The refusal of a subscription. */
  const refusal = async (client: Client, query: string, variables: Record<string, unknown> = {}) => {
    const listening = listen<Record<string, Event>>(client, query, variables);
    return await listening.ended.then(
      () => listening.results[0]?.errors?.[0],
      (error: unknown) =>
        (error as { reason?: readonly { message: string; extensions?: unknown }[] }).reason?.[0],
    );
  };

  it('replays from a cursor and goes on live, without a gap', async () => {
    const listening = listen(clients.oem, undefined, { after: start });
    const replayed = await listening.events(5);
    expect(replayed.map(({ type, emaid }) => [type, emaid])).toEqual([
      ['OEM_CONTRACT_CREATED', contracts[0].emaid],
      ['OEM_CONTRACT_CREATED', contracts[1].emaid],
      ['OEM_CONTRACT_UPDATED', contracts[0].emaid],
      ['OEM_CONTRACT_DELETED', contracts[1].emaid],
      ['OEM_CONTRACT_CREATED', expect.any(String)],
    ]);
    const { emaid } = await signNewContract(mo, world.pki, cars[0]);
    expect(await listening.events(1)).toMatchObject([
      { type: 'OEM_CONTRACT_CREATED', emaid, pcid: cars[0].pcid },
    ]);
    await deleteContract(mo, emaid);
    expect(await listening.events(1)).toMatchObject([{ type: 'OEM_CONTRACT_DELETED', emaid }]);
    const ids = [...replayed.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(5);
    listening.stop();
    // From a cursor in the middle what came before is left out.
    const rest = listen(clients.oem, undefined, { after: replayed[2]?.cursor });
    expect((await rest.events(2)).map(({ id }) => id)).toEqual(ids.slice(3));
    rest.stop();
  });

  it('can select facts of the event alone', async () => {
    const [event] = await replay(
      '{ contractEvents(after: $start) { __typename id type time emaid pcid namespaces cursor } }',
      1,
    );
    expect(event).toEqual({
      __typename: 'ContractEvent',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'OEM_CONTRACT_CREATED',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      emaid: contracts[0].emaid,
      pcid: cars[0].pcid,
      namespaces: ['ISO15118_2'],
      cursor: expect.any(String),
    });
  });

  it('can select fields of three pools', async () => {
    const [event] = await replay(
      `{ contractEvents(after: $start) { type contract { emaid isDefault signedData { v2gRoot { type certificate { subject } } }
         provisioningCertificate { pcid rootCertificate { type } } } provisioningCertificate { pcid } } }`,
      1,
    );
    expect(event).toEqual({
      type: 'OEM_CONTRACT_CREATED',
      contract: {
        emaid: contracts[0].emaid,
        isDefault: true,
        signedData: [
          { v2gRoot: { type: 'V2G', certificate: { subject: expect.stringContaining('Demo V2G Root CA') } } },
        ],
        provisioningCertificate: { pcid: cars[0].pcid, rootCertificate: { type: 'OEM' } },
      },
      provisioningCertificate: { pcid: cars[0].pcid },
    });
  });

  it('tells which contract a deleted one was, its link being null', async () => {
    const events = await replay(
      '{ contractEvents(after: $start) { type emaid pcid namespaces contract { id } provisioningCertificate { pcid } } }',
      4,
    );
    expect(events[3]).toEqual({
      type: 'OEM_CONTRACT_DELETED',
      emaid: contracts[1].emaid,
      pcid: cars[1].pcid,
      namespaces: ['ISO15118_2'],
      contract: null,
      provisioningCertificate: { pcid: cars[1].pcid },
    });
    // Links are read as of now: that contract's creation has none any more either.
    expect(events[1]).toMatchObject({ type: 'OEM_CONTRACT_CREATED', contract: null });
  });

  it('takes aliases, arguments and fragments as a query does', async () => {
    const facts = await replay(
      '{ happened: contractEvents(after: $start) { what: type ...F ... on ContractEvent { car: pcid } } } fragment F on ContractEvent { id2: id ...G } fragment G on ContractEvent { contractId: emaid }',
      1,
    );
    expect(facts[0]).toEqual({
      what: 'OEM_CONTRACT_CREATED',
      id2: expect.any(String),
      contractId: contracts[0].emaid,
      car: cars[0].pcid,
    });
    const links = await replay(
      `{ happened: contractEvents(after: $start) { ...L } }
       fragment L on ContractEvent { c: contract { name: emaid two: isDefault(namespace: ISO15118_2) twenty: isDefault(namespace: $ns) car: provisioningCertificate { ...P } gone: provisioningCertificate(namespace: $ns) { pcid } } }
       fragment P on ProvisioningCertificate { spelled: pcid root: rootCertificate { kind: type } }`,
      1,
      { ns: 'ISO15118_20' },
      '($start: Cursor, $ns: Namespace!)',
    );
    expect(links[0]).toEqual({
      c: {
        name: contracts[0].emaid,
        two: true,
        twenty: false,
        car: { spelled: cars[0].pcid, root: { kind: 'OEM' } },
        gone: null,
      },
    });
  });

  it('takes @skip and @include with variables, on facts, links and fragments', async () => {
    const head = '($start: Cursor, $yes: Boolean!, $no: Boolean!)';
    const variables = { yes: true, no: false };
    const facts =
      '{ contractEvents(after: $start) { type @include(if: $yes) emaid @skip(if: $yes) pcid @include(if: $no) ...F @skip(if: $no) ...G @include(if: $no) } } fragment F on ContractEvent { namespaces } fragment G on ContractEvent { time }';
    expect((await replay(facts, 1, variables, head))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
      namespaces: ['ISO15118_2'],
    });
    const links =
      '{ contractEvents(after: $start) { type contract { emaid pcid @skip(if: $yes) provisioningCertificate @include(if: $yes) { pcid rootCertificate @skip(if: $yes) { type } } } provisioningCertificate @include(if: $no) { pcid } } }';
    expect((await replay(links, 1, variables, head))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
      contract: { emaid: contracts[0].emaid, provisioningCertificate: { pcid: cars[0].pcid } },
    });
    // With the link left out by a variable, only facts remain.
    const without = '{ contractEvents(after: $start) { type contract @include(if: $no) { emaid } } }';
    expect((await replay(without, 1, variables, '($start: Cursor, $no: Boolean!)'))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
    });
  });

  it('takes `where` by type, car and contract, in variables and literals', async () => {
    const query = '{ contractEvents(after: $start, where: $where) { type emaid pcid } }';
    const head = '($start: Cursor, $where: ContractEventFilter)';
    const deleted = await replay(query, 1, { where: { type: ['OEM_CONTRACT_DELETED'] } }, head);
    expect(deleted[0]).toMatchObject({ type: 'OEM_CONTRACT_DELETED', emaid: contracts[1].emaid });
    const ofCar = await replay(query, 3, { where: { pcid: cars[1].pcid.toLowerCase() } }, head);
    expect(ofCar.map(({ pcid }) => pcid)).toEqual([cars[1].pcid, cars[1].pcid, cars[1].pcid]);
    const spelled = contracts[0].emaid.replace(/^(..)(...)/, '$1-$2-').toLowerCase();
    const ofContract = await replay(query, 2, { where: { emaid: spelled } }, head);
    expect(ofContract.map(({ type }) => type)).toEqual(['OEM_CONTRACT_CREATED', 'OEM_CONTRACT_UPDATED']);
    const literal = await replay(
      `{ contractEvents(after: $start, where: { type: [OEM_CONTRACT_UPDATED], pcid: "${cars[0].pcid}" }) { type } }`,
      1,
    );
    expect(literal).toEqual([{ type: 'OEM_CONTRACT_UPDATED' }]);
    expect(
      await refusal(clients.oem, 'subscription { contractEvents(where: { pcid: "short" }) { id } }'),
    ).toMatchObject({ message: expect.stringMatching(/PCID|pcid/), extensions: { code: 'BAD_INPUT' } });
  });

  it('shows each subscriber what its rights show, at the same time', async () => {
    const selection =
      'subscription ($start: Cursor) { contractEvents(after: $start) { emaid contract { emaid signedData { exi } } } }';
    const [forOperator, forOem] = [
      listen<Record<string, Event>>(clients.operator, selection, { start }),
      listen<Record<string, Event>>(clients.oem, selection, { start }),
    ];
    const [seen] = await forOperator.events(1);
    expect(seen).toMatchObject({
      emaid: contracts[0].emaid,
      contract: { signedData: [{ exi: expect.stringMatching(/^[\w+/=]{1000,}$/) }] },
    });
    const { data, errors } = await forOem.take();
    expect(data?.['contractEvents']).toMatchObject({
      emaid: contracts[0].emaid,
      contract: { signedData: [{ exi: null }] },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    forOperator.stop();
    forOem.stop();
  });

  it('tells a car maker nothing of another one’s cars', async () => {
    const foreign = listen(clients.other, undefined, { after: start });
    const own = listen(clients.oem, undefined, { after: start });
    await own.events(5);
    await signNewContract(mo, world.pki, cars[0]);
    await own.events(1);
    await pause(300);
    expect(foreign.results).toEqual([]);
    foreign.stop();
    own.stop();
  });

  it('is refused to a role that it is not for, and to a query for one event of another', async () => {
    expect(await refusal(clients.mo, 'subscription { contractEvents { id } }')).toMatchObject({
      message: 'None of your roles may use Subscription.contractEvents.',
      extensions: { code: 'FORBIDDEN' },
    });
    const [event] = await replay('{ contractEvents(after: $start) { cursor } }', 1);
    const query = `{ contractEvent(cursor: "${String(event?.['cursor'])}") { emaid } }`;
    expect(await oem.graphql(query)).toEqual({ contractEvent: { emaid: contracts[0].emaid } });
    const foreign = listen<Record<string, Event>>(clients.other, query);
    await foreign.ended;
    expect(foreign.results).toEqual([{ data: { contractEvent: null } }]);
  });

  it('refuses a cursor that it cannot continue from, saying why and how to go on', async () => {
    const { logId, position } = decodeCursor(start);
    const after = (cursor: string) =>
      refusal(clients.oem, 'subscription ($c: Cursor) { contractEvents(after: $c) { id } }', { c: cursor });
    const invalid = (rule: RegExp) => ({
      message: expect.stringMatching(rule) as string,
      extensions: { code: 'CURSOR_INVALID' },
    });
    expect(await after(encodeCursor({ pool: 'pcp', logId, position }))).toMatchObject(
      invalid(/belongs to the events of pcp/),
    );
    expect(await after('AAAA')).toMatchObject(invalid(/not a cursor of ours/));
    expect(await after(encodeCursor({ pool: 'ccp', logId, position: position + 1_000 }))).toMatchObject(
      invalid(/beyond the last event.*subscribe without a cursor/),
    );
    expect(
      await after(encodeCursor({ pool: 'ccp', logId: '00000000-0000-4000-8000-000000000000', position: 1 })),
    ).toMatchObject(invalid(/replaced.*subscribe without a cursor/));
    expect(await after(`${start}x`)).toMatchObject(invalid(/not a cursor of ours/));
  });

  it('shares its websocket with queries and mutations', async () => {
    const read = listen<{ contract: unknown }>(
      clients.oem,
      'query ($e: EMAID!) { contract(emaid: $e) { emaid provisioningCertificate { rootCertificate { type } } } }',
      { e: contracts[0].emaid },
    );
    await read.ended;
    expect(read.results).toEqual([
      {
        data: {
          contract: {
            emaid: contracts[0].emaid,
            provisioningCertificate: { rootCertificate: { type: 'OEM' } },
          },
        },
      },
    ]);
    const { emaid } = await signNewContract(mo, world.pki, cars[0]);
    const written = listen<{ deleteContract: unknown }>(
      clients.mo,
      'mutation ($e: EMAID!) { deleteContract(input: { emaid: $e }) { deletedEmaid } }',
      { e: emaid },
    );
    await written.ended;
    expect(written.results).toEqual([{ data: { deleteContract: { deletedEmaid: emaid } } }]);
    expect(
      await refusal(
        clients.oem,
        'mutation { deleteContract(input: { emaid: "EMP99C00000001" }) { deletedEmaid } }',
      ),
    ).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });

  it('is no operation for HTTP', async () => {
    await expect(oem.graphql('subscription { contractEvents { id } }')).rejects.toThrow(/websocket/);
  });
});
