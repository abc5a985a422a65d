import {
  auditRecords,
  globalId,
  instantKey,
  maxPageSize,
  pageRequest,
  readGlobalId,
  requireRole,
  toConnection,
  withUserErrors,
} from '@chargegraph/graph';
import {
  clientSortKey,
  isClientId,
  type ClientFilter,
  type ClientOrder as Order,
  type ClientRecord,
} from '@chargegraph/identity';
import { ChargeGraphError } from '@chargegraph/service';
import type { ClientOrder, ClientFilter as FilterInput, Resolvers } from '../../generated/resolvers.ts';

const orders: Record<ClientOrder, Order> = {
  CREATED_AT_ASC: { by: 'createdAt', descending: false },
  CREATED_AT_DESC: { by: 'createdAt', descending: true },
  CLIENT_ID_ASC: { by: 'clientId', descending: false },
  CLIENT_ID_DESC: { by: 'clientId', descending: true },
};

const keyShapes = { createdAt: [instantKey, isClientId], clientId: [isClientId] };

/** The resolvers of clients: arguments in, the clients' rules, result out. */
export const resolvers: Resolvers = {
  Query: {
    clients: async (_, { where, orderBy, ...args }, { clients }) => {
      // The default stands in for an argument that is left out, not for one that is null.
      const order = orders[(orderBy as ClientOrder | null) ?? 'CREATED_AT_ASC'];
      const filter = toFilter(where ?? {});
      const page = pageRequest(args, keyShapes[order.by]);
      return toConnection(
        page,
        await underWhere(clients.page(filter, order, page)),
        (client) => clientSortKey(client, order),
        () => clients.count(filter),
      );
    },
    client: (_, { clientId }, { clients }) => clients.get(clientId),
    identityAudit: (_, args, { auditLog }) => auditRecords(auditLog, args),
  },
  Mutation: {
    addClient: (_, { input }, { clients }) =>
      withUserErrors(nothingIssued, () =>
        clients.add({
          ...input,
          clientId: input.clientId ?? undefined,
          wmis: input.wmis ?? undefined,
          providerIds: input.providerIds ?? undefined,
        }),
      ),
    updateClient: (_, { input: { clientId, name, roles, wmis, providerIds } }, { clients }) =>
      withUserErrors(noClient, async (): Promise<typeof noClient> => ({
        client: await clients.update(clientId, {
          name: name ?? undefined,
          roles: roles ?? undefined,
          wmis: wmis ?? undefined,
          providerIds: providerIds ?? undefined,
        }),
      })),
    rotateClientSecret: (_, { input }, { clients }) =>
      withUserErrors(nothingIssued, () => clients.rotateSecret(input.clientId)),
    disableClient: (_, { input }, { clients }) =>
      withUserErrors(noClient, async (): Promise<typeof noClient> => ({
        client: await clients.disable(input.clientId),
      })),
    enableClient: (_, { input }, { clients }) =>
      withUserErrors(noClient, async (): Promise<typeof noClient> => ({
        client: await clients.enable(input.clientId),
      })),
  },
  Client: {
    __resolveReference: (reference, { clients, caller }) => {
      // Reached past the root fields, which would have asked.
      requireRole(caller, ['OPERATOR'], 'Client');
      const { id, clientId } = reference as { id?: string; clientId?: string };
      const key = id === undefined ? clientId : readGlobalId('Client', id)?.[0];
      return key === undefined ? null : clients.get(key);
    },
    id: ({ clientId }) => globalId('Client', clientId),
    enabled: ({ disabledAt }) => disabledAt === undefined,
  },
};

const noClient: { client: ClientRecord | null } = { client: null };
const nothingIssued: { client: ClientRecord | null; clientSecret: string | null } = {
  client: null,
  clientSecret: null,
};

function toFilter({ organisation, role, wmi, providerId, enabled }: FilterInput): ClientFilter {
  for (const [name, values] of Object.entries({ wmi, providerId })) {
    if ((values?.length ?? 0) > maxPageSize) {
      throw new ChargeGraphError('BAD_INPUT', `At most ${maxPageSize} can be asked for.`, {
        path: ['where', name],
      });
    }
  }
  return {
    organisation: organisation ?? undefined,
    roles: role ?? undefined,
    wmis: wmi ?? undefined,
    providerIds: providerId ?? undefined,
    enabled: enabled ?? undefined,
  };
}

/** A refusal of the filter's values names them as the schema does. */
async function underWhere<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ChargeGraphError) || error.inputPath === undefined) throw error;
    throw new ChargeGraphError(error.code, error.message, {
      path: ['where', ...error.inputPath],
      cause: error.cause,
    });
  }
}
