import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse, print } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { errorCodes } from '@chargegraph/service';
import { callerWith, contextOf } from './context.fixture.ts';
import { createGraphClient, type GraphTransport } from './graph-client.ts';
import type { SubgraphResponse } from './subgraph.ts';

const document = parse('query A($pcid: PCID!) { vehicleExists(pcid: $pcid) }') as TypedDocumentNode<
  { vehicleExists: boolean },
  { pcid: string }
>;
const caller = callerWith('SERVICE');
const request = contextOf(callerWith('OEM'), { hops: 2 });

function asking(response: SubgraphResponse) {
  const transport = vi.fn<GraphTransport>(() => Promise.resolve(response));
  const client = createGraphClient(transport);
  return { transport, ask: () => client.query(document, { pcid: 'X' }, { caller, request }) };
}

describe('a pool that asks the graph', () => {
  it('sends the operation as the caller it names, one hop deeper, within the same deadline and trace', async () => {
    const { transport, ask } = asking({ data: { vehicleExists: true } });
    expect(await ask()).toEqual({ vehicleExists: true });
    expect(transport).toHaveBeenCalledExactlyOnceWith({
      query: print(document),
      variables: { pcid: 'X' },
      context: { caller, traceId: request.traceId, deadline: request.deadline, hops: 3 },
    });
    await ask();
    expect(transport.mock.lastCall?.[0].query).toBe(print(document));
  });

  it.each(errorCodes)('hears of an answer with %s', async (code) => {
    const { ask } = asking({
      data: { vehicleExists: null },
      errors: [{ message: 'hunter2', extensions: { code } }],
    });
    const passedOn = ['DEADLINE_EXCEEDED', 'LIMIT_EXCEEDED', 'CURSOR_INVALID', 'CURSOR_EXPIRED'];
    const expected = passedOn.includes(code) ? code : 'UNAVAILABLE';
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expected, cause: { message: 'hunter2' } });
    expect((error as Error).message).not.toContain('hunter2');
  });

  it.each<SubgraphResponse>([{}, { data: null }, { errors: [{ message: 'No.' }] }])(
    'takes the answer %j for none',
    async (response) => {
      await expect(asking(response).ask()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  it('hears of a transport that fails', async () => {
    const client = createGraphClient(() => Promise.reject(new Error('gone')));
    await expect(client.query(document, { pcid: 'X' }, { caller, request })).rejects.toThrow('gone');
  });
});
