import type { Role } from '@chargegraph/identity';
import {
  createSubgraphExecutor,
  createSubgraphSchema,
  pools,
  subgraphSdl,
  supergraphSdl,
  type Pool,
  type RequestContext,
  type SubgraphRequest,
} from '@chargegraph/graph';
import { encodeCursor, type LoggedEvent } from '@chargegraph/events';
import { ChargeGraphError, silentLogger } from '@chargegraph/service';
import { createGraphExecutor, type PoolSource } from './graph/executor.ts';
import { loadSupergraph } from './graph/supergraph.ts';

/** The committed supergraph, loaded once for all tests of a file. */
export const supergraph = loadSupergraph(supergraphSdl());

/** What goes along with an operation of a caller with these roles. */
export function contextOf(...roles: readonly Role[]): RequestContext {
  return {
    caller: {
      clientId: 'test',
      organisation: 'Test',
      roles: new Set(roles),
      wmis: new Set(['WVW']),
      providerIds: new Set(),
    },
    traceId: 'trace-1',
    deadline: Date.now() + 10_000,
    hops: 0,
  };
}

export const pcid = 'WVWZZZ1JZ3W386752';
export const logId = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** An event of the contract pool's log. */
export function eventAt(position: number, changes: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    logId,
    position,
    id: `7c9e6679-7425-40de-944b-${String(position).padStart(12, '0')}`,
    type: 'OEM_CONTRACT_CREATED',
    occurredAt: new Date('2026-03-01T12:00:00.000Z'),
    facts: { emaid: 'DE8AACA2B3C4D5', pcid, namespaces: ['ISO15118_2'] },
    ...changes,
  };
}

const contract = {
  id: 'contract-1',
  emaid: 'DE8AACA2B3C4D5',
  pcid,
  providerId: 'DE8AA',
  isDefault: ({ namespace }: { namespace: string }) => namespace === 'ISO15118_2',
};

/** Resolvers that know one car with one contract, and answer to some texts with trouble. */
const resolvers: Readonly<Record<Pool, Parameters<typeof createSubgraphSchema>[1]>> = {
  rcp: {
    Query: { rootCertificate: () => ({ id: 'root-1' }) },
    RootCertificate: {
      __resolveReference: ({ id }: { id: string }) => ({ id, fingerprint: 'f'.repeat(64) }),
    },
  },
  pcp: {
    Query: {
      vehicleExists: (_: unknown, args: { pcid: string }) => args.pcid === pcid,
      provisioningCertificate: (_: unknown, args: { namespace: string }) => {
        if (args.namespace === 'ISO15118_20') throw new Error('password=hunter2');
        return { id: 'certificate-1', pcid, rootCertificate: { id: 'root-1' } };
      },
    },
    ProvisioningCertificate: {
      __resolveReference: ({ id }: { id: string }) => {
        if (id === 'refused') throw new ChargeGraphError('FORBIDDEN', 'Not yours.');
        return { id, pcid, wmi: 'WVW', rootCertificate: { id: 'root-1' } };
      },
    },
  },
  ccp: {
    Query: {
      contract: (_: unknown, { emaid }: { emaid: string }) => ({ ...contract, emaid }),
      contractEvent: (_: unknown, { cursor }: { cursor: string }) => ({
        cursor,
        id: 'event-1',
        emaid: 'DE8AACA2B3C4D5',
        contract,
      }),
    },
    Contract: {
      provisioningCertificate: ({ emaid }: { emaid: string }) => ({
        id: emaid.startsWith('FR') ? 'refused' : 'certificate-1',
      }),
    },
    ContractEvent: { provisioningCertificate: () => ({ id: 'certificate-1' }) },
    ProvisioningCertificate: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      contracts: () => ({ nodes: [contract], totalCount: 1 }),
    },
  },
  cps: {},
  identity: {},
};

/** A graph of pools with real schemas, which tells what each pool was asked. */
export function createTestGraph() {
  const asked: (SubgraphRequest & { readonly pool: Pool })[] = [];
  const sources = pools.map((name): PoolSource => {
    const execute = createSubgraphExecutor({
      schema: createSubgraphSchema(subgraphSdl(name), resolvers[name]),
      logger: silentLogger,
      contextFor: (context) => context,
    });
    return {
      name,
      execute: (request) => {
        asked.push({ ...request, pool: name });
        return execute(request);
      },
    };
  });
  return { asked, executor: createGraphExecutor({ supergraph, pools: sources, logger: silentLogger }) };
}

/** The cursor of an event of the contract pool's log. */
export const cursorAt = (position: number, log = logId) =>
  encodeCursor({ pool: 'ccp', logId: log, position });
