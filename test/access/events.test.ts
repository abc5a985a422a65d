import { randomUUID } from 'node:crypto';
import { isEnumType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSupergraph } from '@chargegraph/gateway';
import { supergraphSdl } from '@chargegraph/graph';
import { rightsColumns, rightsTable } from '@chargegraph/identity';
import { createDemoPki, issueProvisioningCertificate, toPem } from '@chargegraph/pki';
import { endOfLog, listen, type EventFacts } from '../harness/events.ts';
import { tellDigest } from '../harness/operator-events.ts';
import { publishCarInput } from '../harness/parties.ts';
import { subscriber, type Subscriber } from '../harness/subscriber.ts';
import { eventually } from '../harness/wait.ts';
import {
  sides,
  startWorld,
  type Operation,
  type PublishedCar,
  type PublishedContract,
  type World,
} from '../harness/world.ts';
import { rightOf } from './cells.ts';

const sidesOfThings = ['own', 'other'] as const;
type Side = (typeof sidesOfThings)[number];

/** Of each kind, what happened to the contract of one side's operator for one side's car. */
const happened = sidesOfThings.flatMap((car) => sidesOfThings.map((mo) => ({ car, mo })));

/** Each subscription with the pool and the field that its log is read by. */
const subscriptions = {
  contractEvents: { pool: 'ccp', log: 'contractEventLog' },
  provisioningCertificateEvents: { pool: 'pcp', log: 'provisioningCertificateEventLog' },
  rootCertificateEvents: { pool: 'rcp', log: 'rootCertificateEventLog' },
  operatorEvents: { pool: 'cps', log: 'signingServiceEventLog' },
} as const;

describe('who hears which event', () => {
  let world: World;
  let start: string;
  const starts = new Map<string, string>();
  const told: { car: Side; mo: Side; type: string; emaid: string }[] = [];
  const subscribers = new Map<string, Subscriber>();

  beforeAll(async () => {
    world = await startWorld();
    const operator = await world.doors('demo-operator');
    for (const { log } of Object.values(subscriptions)) starts.set(log, await endOfLog(operator, log));
    start = starts.get('contractEventLog') ?? '';
    await tellDigest(world.databaseUrl, '2026-03-01');
    const { moRoot } = await createDemoPki({ now: new Date() });
    await world.operate('addRootCertificate', { certificate: toPem(moRoot.certificate), type: 'MO' });
    for (const maker of makers) await registerConsumer(maker);
    for (const { car, mo } of happened) {
      for (const { type, emaid } of await everythingHappens(car, mo)) told.push({ car, mo, type, emaid });
    }
    for (const maker of makers) await everythingIsDealtWith(maker);
  }, 60_000);
  afterAll(async () => {
    for (const { client } of subscribers.values()) await client.dispose();
    await world.stop();
  });

  const makers = [
    { clientId: 'OEM', side: 'own' },
    { clientId: 'other-oem', side: 'other' },
  ] as const;
  type Maker = (typeof makers)[number];
  const consumer = 'main';

  /** Has a car maker a named consumer that is not connected. */
  async function registerConsumer({ clientId, side }: Maker): Promise<void> {
    const of = { clientId, consumer, holder: randomUUID() };
    const lease = { ...of, organisation: clientId, wmis: [sides[side].wmi] };
    const { data } = await world.atPool('ccp', 'SERVICE', {
      query: `mutation ($input: LeaseEventConsumerInput!) {
        leaseEventConsumer(input: $input) { lease { fencing } } }`,
      variables: { input: lease },
    });
    const { fencing } = (data?.['leaseEventConsumer'] as { lease: { fencing: string } }).lease;
    await world.atPool('ccp', 'SERVICE', {
      query:
        'mutation ($input: EventConsumerLeaseInput!) { releaseEventConsumer(input: $input) { released } }',
      variables: { input: { ...of, fencing } },
    });
  }

  /** Waits until all that waits was told, refuses the last event of each operator, acknowledges the rest, and is gone. */
  async function everythingIsDealtWith({ clientId, side }: Maker): Promise<void> {
    const own = told.filter(({ car, type }) => car === side && type.startsWith('OEM_'));
    const emaids = new Set(own.map(({ emaid }) => emaid));
    const operator = await world.doors('demo-operator');
    const read = async () =>
      (
        await operator.graphql<{ log: { events: EventFacts[] } }>(
          'query ($after: Cursor) { log: contractEventLog(after: $after, first: 1000) { events { cursor type emaid } } }',
          { after: start },
        )
      ).log.events.filter(({ emaid }) => emaids.has(emaid));
    const events = await eventually('all that waits is told', async () => {
      const all = await read();
      const waiting = all.filter(({ type }) => type === 'MO_CONTRACT_QUEUED_TO_OEM');
      return waiting.length === own.length ? all.filter(({ type }) => type.startsWith('OEM_')) : undefined;
    });
    const moOf = new Map(own.map(({ emaid, mo }) => [emaid, mo]));
    const refused = sidesOfThings.map((mo) => events.findLast(({ emaid }) => moOf.get(emaid) === mo));
    for (const event of events) {
      const mo = moOf.get(event.emaid) ?? 'own';
      const { cursor, emaid } = event;
      const tell = (type: string) => told.push({ car: side, mo, type, emaid });
      tell('MO_CONTRACT_QUEUED_TO_OEM');
      if (refused.includes(event)) {
        tell('MO_CONTRACT_REJECTED_BY_OEM');
        await mustDo(clientId, {
          query:
            'mutation ($input: RejectEventInput!) { rejectEvent(input: $input) { userErrors { message } } }',
          variables: { input: { consumer, cursor, reason: 'No.' } },
        });
      } else {
        tell(`MO_${event.type.slice(4)}_SENT_TO_OEM`);
      }
    }
    const end = { consumer, cursor: events.at(-1)?.cursor };
    await mustDo(clientId, {
      query:
        'mutation ($input: AcknowledgeEventsInput!) { acknowledgeEvents(input: $input) { userErrors { message } } }',
      variables: { input: end },
    });
    await mustDo(clientId, {
      query:
        'mutation ($input: DeleteEventConsumerInput!) { deleteEventConsumer(input: $input) { userErrors { message } } }',
      variables: { input: { name: consumer } },
    });
  }

  const subscribe = (clientId: string) => {
    const known = subscribers.get(clientId) ?? subscriber(world.url, () => world.token(clientId));
    subscribers.set(clientId, known);
    return known.client;
  };

  async function mustDo(clientId: string, operation: Operation): Promise<void> {
    const { data, errors } = await world.as(clientId, operation);
    const [payload] = Object.values(data ?? {}) as [{ userErrors: readonly unknown[] }?];
    if (errors !== undefined || payload?.userErrors.length !== 0) {
      throw new Error(JSON.stringify({ data, errors }));
    }
  }

  /** Lets every kind of event come about for contracts of one operator and one car maker; the events in order. */
  async function everythingHappens(car: Side, mo: Side): Promise<{ type: string; emaid: string }[]> {
    const maker = car === 'own' ? 'OEM' : 'other-oem';
    const operator = mo === 'own' ? 'MO_EXTERNAL_PKI' : 'other-mo';
    const expected: { type: string; emaid: string }[] = [];
    const newContract = async (of: PublishedCar): Promise<PublishedContract> => {
      const contract = await world.publishContract(mo, of);
      expected.push({ type: 'OEM_CONTRACT_CREATED', emaid: contract.emaid });
      return contract;
    };
    const cascaded = (type: string, { emaid }: PublishedContract) => {
      expected.push({ type, emaid }, { type: 'OEM_CONTRACT_DELETED', emaid });
    };
    const mutate = (clientId: string, name: string, input: object) =>
      mustDo(clientId, {
        query: `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) {
          ${name}(input: $input) { userErrors { message } } }`,
        variables: { input },
      });

    const first = await world.publishCar(car);
    const { emaid, pcid } = await newContract(first);
    await mutate(maker, 'provideContract', { emaid, pcid });
    expected.push({ type: 'MO_CONTRACT_DELIVERED_TO_OEM', emaid });
    const second = await newContract(first);
    await mutate(maker, 'setDefaultContract', { emaid: second.emaid, pcid });
    expected.push({ type: 'OEM_CONTRACT_UPDATED', emaid: second.emaid });
    await mutate(operator, 'deleteContract', { emaid });
    expected.push({ type: 'OEM_CONTRACT_DELETED', emaid });
    await mutate(maker, 'factoryResetVehicle', { pcid });
    cascaded('MO_PROV_CERT_FACTORY_RESET', second);

    const rekeyed = await world.publishCar(car);
    const lost = await newContract(rekeyed);
    const { certificate } = await issueProvisioningCertificate(world.pki, { pcid: rekeyed.pcid });
    await mutate(maker, 'updateProvisioningCertificate', publishCarInput(world.pki, certificate));
    cascaded('MO_PROV_CERT_UPDATED', lost);

    const scrapped = await world.publishCar(car);
    const gone = await newContract(scrapped);
    await mutate(maker, 'deleteProvisioningCertificate', { pcid: scrapped.pcid });
    cascaded('MO_PROV_CERT_DELETED', gone);
    return expected;
  }

  const facts = ({ type, emaid }: { readonly type: string; readonly emaid: string }) => `${type} ${emaid}`;
  const heard = async (clientId: string, count: number): Promise<string[]> => {
    const listening = listen(subscribe(clientId), undefined, { after: start });
    const events = await listening.events(count);
    listening.stop();
    return events.map((event: EventFacts) => facts(event));
  };

  it('is asked for every type of the schema', () => {
    const type = loadSupergraph(supergraphSdl()).apiSchema.getType('ContractEventType');
    // Markers are no events, a signer that ends comes with time, and a test is about no contract: subgraphs/ccp tests
    // who is told of those.
    const others = ['CAUGHT_UP', 'HEARTBEAT', 'MO_CONTRACT_SIGNER_ENDING', 'TEST'];
    const names = isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
    const inSchema = names.filter((name) => !others.includes(name));
    for (const { car, mo } of happened) {
      const types = told.filter((each) => each.car === car && each.mo === mo).map((each) => each.type);
      expect([...new Set(types)].sort()).toEqual([...inSchema].sort());
    }
  });

  it('is all of the subscriptions that the table has', () => {
    const rows = [...rightsTable.keys()].filter((field) => field.startsWith('Subscription.'));
    expect(rows.sort()).toEqual(
      Object.keys(subscriptions)
        .map((name) => `Subscription.${name}`)
        .sort(),
    );
  });

  it('and the operator hears everything', async () => {
    expect((await heard('OPERATOR', told.length)).sort()).toEqual(told.map(facts).sort());
  });

  const hearers = [
    ['OEM', 'OEM_ events of its cars', ({ car, type }) => car === 'own' && type.startsWith('OEM_')],
    ['other-oem', 'OEM_ events of its cars', ({ car, type }) => car === 'other' && type.startsWith('OEM_')],
    [
      'MO_EXTERNAL_PKI',
      'MO_ events of its contracts',
      ({ mo, type }) => mo === 'own' && type.startsWith('MO_'),
    ],
    ['MO_V2G_PKI', 'MO_ events of its contracts', ({ mo, type }) => mo === 'own' && type.startsWith('MO_')],
    ['other-mo', 'MO_ events of its contracts', ({ mo, type }) => mo === 'other' && type.startsWith('MO_')],
  ] satisfies [string, string, (event: (typeof told)[number]) => boolean][];

  it.each(hearers)('and %s the %s, and nothing else', async (clientId, _, hears) => {
    const own = told.filter(hears).map(facts);
    expect(own.length).toBeGreaterThan(0);
    const listening = listen(subscribe(clientId), undefined, { after: start });
    const events = (await listening.events(own.length)).map(facts);
    // One more that it hears for sure: whatever it should not have heard came before.
    const last =
      clientId.includes('oem') || clientId === 'OEM'
        ? 'OEM_CONTRACT_CREATED'
        : 'MO_CONTRACT_DELIVERED_TO_OEM';
    const side = clientId.startsWith('other') ? 'other' : 'own';
    const contract = await world.publishContract(side, await world.publishCar(side));
    told.push({ car: side, mo: side, type: 'OEM_CONTRACT_CREATED', emaid: contract.emaid });
    if (last.startsWith('MO_')) {
      told.push({ car: side, mo: side, type: last, emaid: contract.emaid });
      await mustDo(side === 'own' ? 'OEM' : 'other-oem', {
        query:
          'mutation ($input: ProvideContractInput!) { provideContract(input: $input) { userErrors { message } } }',
        variables: { input: { emaid: contract.emaid, pcid: contract.pcid } },
      });
    }
    expect((await listening.events(1)).map(facts)).toEqual([facts({ type: last, emaid: contract.emaid })]);
    listening.stop();
    expect(events.sort()).toEqual(own.sort());
  });

  const partners = rightsColumns.filter((role) => role !== 'SERVICE');
  const cells = Object.entries(subscriptions).flatMap(([name, { log }]) =>
    partners.map((role) => ({ name, log, role })),
  );

  it.each(cells)('is as the table says of $name for $role', async ({ name, log, role }) => {
    const query = `subscription ($after: Cursor) { ${name}(after: $after) { id } }`;
    const listening = listen<Record<string, unknown>>(subscribe(role), query, { after: starts.get(log) });
    if (rightOf(`Subscription.${name}`, role) === 'none') {
      const refused = await listening.ended.then(
        () => listening.results[0]?.errors?.[0],
        (error: unknown) => (error as { reason?: readonly unknown[] }).reason?.[0],
      );
      expect(refused).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
      expect(listening.results.flatMap(({ data }) => data ?? [])).toEqual([]);
    } else {
      expect(await listening.events(1)).toHaveLength(1);
    }
    listening.stop();
  });

  it.each(rightsColumns)(
    'gives %s nothing at the pools themselves: the gateway carries subscriptions out',
    async (role) => {
      for (const [name, { pool }] of Object.entries(subscriptions)) {
        const query = `subscription { ${name} { id } }`;
        const { data, errors } = await world.atPool(pool, role, { query, variables: {} });
        expect(data ?? {}).not.toHaveProperty(`${name}.id`);
        expect(errors).not.toHaveLength(0);
      }
    },
  );
});
