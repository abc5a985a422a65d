import { parse, validate } from 'graphql';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSubgraphSchema, subgraphSdl } from '@chargegraph/graph';
import { contextOf, createTestGraph, cursorAt, eventAt, pcid, supergraph } from '../graph.fixture.ts';
import { createEventPlan } from './event-plan.ts';
import { contractEvents } from './sources/contract-events.ts';

const ccp = createSubgraphSchema(subgraphSdl('ccp'), {});

describe('a subscription’s plan for one event', () => {
  const { asked, executor } = createTestGraph();

  beforeEach(() => {
    asked.length = 0;
  });

  /** Runs a subscription for an event, as for each that is delivered; checks each query against its pool's schema. */
  async function deliver(query: string, variables: Record<string, unknown> = {}, event = eventAt(7)) {
    const prepared = executor.prepare(query);
    const plan = createEventPlan(prepared, supergraph, contractEvents);
    const context = contextOf('OEM');
    if (plan.plan === undefined) {
      const { data, errors } = plan.tell(event, variables);
      const shown = errors?.flatMap((error) => executor.format(error, context));
      return { response: { data, ...(shown && { errors: shown }) }, responseName: plan.responseName };
    }
    const response = await executor.run({
      prepared,
      variables: { ...variables, ...plan.variablesFor(event) },
      context,
      plan: plan.plan,
    });
    for (const request of asked.filter(({ pool }) => pool === 'ccp')) {
      expect(validate(ccp, parse(request.query))).toEqual([]);
    }
    return { response, responseName: plan.responseName };
  }

  it('is served from the event itself when only its facts are selected', async () => {
    const query = 'subscription { contractEvents { __typename id cursor type time emaid pcid namespaces } }';
    expect((await deliver(query)).response).toEqual({
      data: {
        contractEvents: {
          __typename: 'ContractEvent',
          id: eventAt(7).id,
          cursor: cursorAt(7),
          type: 'OEM_CONTRACT_CREATED',
          time: '2026-03-01T12:00:00.000Z',
          emaid: 'DE8AACA2B3C4D5',
          pcid,
          namespaces: ['ISO15118_2'],
        },
      },
    });
    expect(asked).toEqual([]);
  });

  it('tells facts through aliases, fragments, @skip and @include', async () => {
    const query = `subscription ($yes: Boolean!, $no: Boolean = false, $where: ContractEventFilter) {
      event: contractEvents(where: $where) {
        what: type
        pcid @skip(if: $yes)
        emaid @include(if: $no)
        ... @include(if: $yes) { ...F }
        ... on ContractEvent @skip(if: $yes) { namespaces }
      }
    }
    fragment F on ContractEvent { car: pcid }`;
    const { response, responseName } = await deliver(query, {
      yes: true,
      where: { type: ['OEM_CONTRACT_CREATED'] },
    });
    expect(responseName).toBe('event');
    expect(response).toEqual({ data: { event: { what: 'OEM_CONTRACT_CREATED', car: pcid } } });
    expect(asked).toEqual([]);
  });

  it('asks the event’s pool for the event it names when more than facts is selected', async () => {
    const query = 'subscription { event: contractEvents { cursor contract { emaid } } }';
    expect((await deliver(query)).response).toEqual({
      data: { event: { cursor: cursorAt(7), contract: { emaid: 'DE8AACA2B3C4D5' } } },
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ pool: 'ccp' });
    expect(Object.values(asked[0]?.variables ?? {})).toEqual([cursorAt(7)]);
    expect(asked[0]?.query).toContain('contractEvent(');
  });

  it('goes on to other pools for what they know', async () => {
    const query = `subscription {
      contractEvents { id provisioningCertificate { pcid rootCertificate { fingerprint } contracts(first: 1) { totalCount } } }
    }`;
    const { response } = await deliver(query);
    expect(response).toEqual({
      data: {
        contractEvents: {
          id: 'event-1',
          provisioningCertificate: {
            pcid,
            rootCertificate: { fingerprint: 'f'.repeat(64) },
            contracts: { totalCount: 1 },
          },
        },
      },
    });
    expect(asked.map(({ pool }) => pool)).toEqual(['ccp', 'pcp', 'rcp']);
  });

  it('keeps the client’s variables under their names, and leaves out those of the subscription’s arguments', async () => {
    const query = `subscription ($where: ContractEventFilter, $after: Cursor, $namespace: Namespace! = ISO15118_20, $with: Boolean!) {
      contractEvents(where: $where, after: $after) {
        contract { isDefault(namespace: $namespace) emaid @include(if: $with) id @skip(if: $with) }
      }
    }`;
    const variables = { where: { pcid }, after: cursorAt(1), with: true };
    expect((await deliver(query, variables)).response).toEqual({
      data: { contractEvents: { contract: { isDefault: false, emaid: 'DE8AACA2B3C4D5' } } },
    });
    expect(asked[0]?.query).toContain('$namespace');
    expect(asked[0]?.variables).not.toHaveProperty('where');
    expect(asked[0]?.variables).not.toHaveProperty('after');
    expect(
      (await deliver(query, { ...variables, namespace: 'ISO15118_2', with: false })).response.data,
    ).toEqual({
      contractEvents: { contract: { isDefault: true, id: 'contract-1' } },
    });
  });

  it('keeps a variable that arguments and selection both use', async () => {
    const query = `subscription ($cursor: Cursor, $text: String) {
      contractEvents(after: $cursor, where: {emaid: "DE8AACA2B3C4D5"}) {
        provisioningCertificate { contracts(first: 1, after: $text) { totalCount } }
      }
    }`;
    expect((await deliver(query, { cursor: cursorAt(1), text: 'x' })).response.errors).toBeUndefined();
    expect(asked[0]?.variables).toMatchObject({ text: 'x' });
    expect(asked[0]?.variables).not.toHaveProperty('cursor');
  });

  it('does not take a text that looks like a variable for its use', async () => {
    const query = `subscription ($where: ContractEventFilter) {
      contractEvents(where: $where) { provisioningCertificate { contracts(first: 1, after: "$where") { totalCount } } }
    }`;
    expect((await deliver(query, { where: {} })).response.errors).toBeUndefined();
    expect(asked[0]?.query).not.toContain('$where:');
  });

  it('leaves a client’s variable alone that has the name of its own', async () => {
    const query = `subscription ($chargegraph_event_cursor: Boolean!) {
      contractEvents { cursor contract { id @skip(if: $chargegraph_event_cursor) emaid } }
    }`;
    const { response } = await deliver(query, { chargegraph_event_cursor: true });
    expect(response).toEqual({
      data: { contractEvents: { cursor: cursorAt(7), contract: { emaid: 'DE8AACA2B3C4D5' } } },
    });
  });

  it('keeps fragments that a selection of the pool uses', async () => {
    const query = `subscription ($with: Boolean!) { contractEvents { ...F } }
      fragment F on ContractEvent { contract { ...G } }
      fragment G on Contract { id emaid @include(if: $with) }`;
    expect((await deliver(query, { with: true })).response.data).toEqual({
      contractEvents: { contract: { id: 'contract-1', emaid: 'DE8AACA2B3C4D5' } },
    });
  });

  it('does not keep silent about an event that does not fit the schema', async () => {
    const { response } = await deliver(
      'subscription { contractEvents { id type } }',
      {},
      eventAt(7, { type: 'NOT_IN_THE_SCHEMA' }),
    );
    expect(response.errors).toHaveLength(1);
    expect(response.errors?.[0]).toMatchObject({
      message: 'internal error',
      extensions: { code: 'INTERNAL' },
    });
  });

  it('is made for subscriptions only', () => {
    const query = executor.prepare(`{ vehicleExists(pcid: "${pcid}") }`);
    expect(() => createEventPlan(query, supergraph, contractEvents)).toThrow('Not a subscription.');
  });
});
