import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../harness/events.ts';
import { deleteContract, signNewContract } from '../harness/parties.ts';
import { startScene, type Scene } from './scene.ts';

describe('a subscription to contract events', () => {
  let scene: Scene;
  let world: Scene['world'];
  let mo: Scene['mo'];
  let cars: Scene['cars'];
  let contracts: Scene['contracts'];
  let start: Scene['start'];
  let clients: Scene['clients'];

  beforeAll(async () => {
    scene = await startScene();
    ({ world, mo, cars, contracts, start, clients } = scene);
  });
  afterAll(() => scene.stop());

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
    const [event] = await scene.replay(
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
    const [event] = await scene.replay(
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
    const events = await scene.replay(
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
    const facts = await scene.replay(
      '{ happened: contractEvents(after: $start) { what: type ...F ... on ContractEvent { car: pcid } } } fragment F on ContractEvent { id2: id ...G } fragment G on ContractEvent { contractId: emaid }',
      1,
    );
    expect(facts[0]).toEqual({
      what: 'OEM_CONTRACT_CREATED',
      id2: expect.any(String),
      contractId: contracts[0].emaid,
      car: cars[0].pcid,
    });
    const links = await scene.replay(
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
    expect((await scene.replay(facts, 1, variables, head))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
      namespaces: ['ISO15118_2'],
    });
    const links =
      '{ contractEvents(after: $start) { type contract { emaid pcid @skip(if: $yes) provisioningCertificate @include(if: $yes) { pcid rootCertificate @skip(if: $yes) { type } } } provisioningCertificate @include(if: $no) { pcid } } }';
    expect((await scene.replay(links, 1, variables, head))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
      contract: { emaid: contracts[0].emaid, provisioningCertificate: { pcid: cars[0].pcid } },
    });
    // With the link left out by a variable, only facts remain.
    const without = '{ contractEvents(after: $start) { type contract @include(if: $no) { emaid } } }';
    expect((await scene.replay(without, 1, variables, '($start: Cursor, $no: Boolean!)'))[0]).toEqual({
      type: 'OEM_CONTRACT_CREATED',
    });
  });

  it('takes `where` by type, car and contract, in variables and literals', async () => {
    const query = '{ contractEvents(after: $start, where: $where) { type emaid pcid } }';
    const head = '($start: Cursor, $where: ContractEventFilter)';
    const deleted = await scene.replay(query, 1, { where: { type: ['OEM_CONTRACT_DELETED'] } }, head);
    expect(deleted[0]).toMatchObject({ type: 'OEM_CONTRACT_DELETED', emaid: contracts[1].emaid });
    const ofCar = await scene.replay(query, 3, { where: { pcid: cars[1].pcid.toLowerCase() } }, head);
    expect(ofCar.map(({ pcid }) => pcid)).toEqual([cars[1].pcid, cars[1].pcid, cars[1].pcid]);
    const spelled = contracts[0].emaid.replace(/^(..)(...)/, '$1-$2-').toLowerCase();
    const ofContract = await scene.replay(query, 2, { where: { emaid: spelled } }, head);
    expect(ofContract.map(({ type }) => type)).toEqual(['OEM_CONTRACT_CREATED', 'OEM_CONTRACT_UPDATED']);
    const literal = await scene.replay(
      `{ contractEvents(after: $start, where: { type: [OEM_CONTRACT_UPDATED], pcid: "${cars[0].pcid}" }) { type } }`,
      1,
    );
    expect(literal).toEqual([{ type: 'OEM_CONTRACT_UPDATED' }]);
    expect(
      await scene.refusal(clients.oem, 'subscription { contractEvents(where: { pcid: "short" }) { id } }'),
    ).toMatchObject({ message: expect.stringMatching(/PCID|pcid/), extensions: { code: 'BAD_INPUT' } });
  });
});
