import {
  endingWithin,
  fingerprintKey,
  identifierKey,
  instantKey,
  pageRequest,
  toConnection,
  type Connection,
  type ConnectionArguments,
  type KeyShape,
} from '@chargegraph/graph';
import { parseProviderId } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type {
  ContractCaFilter,
  ContractCaOrder,
  CpsSignerFilter,
  CpsSignerOrder,
} from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import {
  contractCaSortKey,
  type ContractCa,
  type ContractCaOrder as CaOrder,
} from '../domain/contract-ca.ts';
import { signerSortKey, type ChainedFilter, type Signer, type SignerOrder } from '../domain/signer.ts';

const key: readonly KeyShape[] = [fingerprintKey, identifierKey];
const rankKey: KeyShape = (text) => text === '0' || text === '1';

const signerKeys: Readonly<Record<SignerOrder['by'], readonly KeyShape[]>> = {
  default: [rankKey, instantKey, ...key],
  addedAt: [instantKey, ...key],
  endsAt: [instantKey, ...key],
};

const signerOrders: Readonly<Record<CpsSignerOrder, SignerOrder>> = {
  DEFAULT_FIRST: { by: 'default', descending: false },
  ADDED_AT_ASC: { by: 'addedAt', descending: false },
  ADDED_AT_DESC: { by: 'addedAt', descending: true },
  ENDS_AT_ASC: { by: 'endsAt', descending: false },
  ENDS_AT_DESC: { by: 'endsAt', descending: true },
};

const caOrders: Readonly<Record<ContractCaOrder, CaOrder>> = {
  ADDED_AT_ASC: { by: 'addedAt', descending: false },
  ADDED_AT_DESC: { by: 'addedAt', descending: true },
  ENDS_AT_ASC: { by: 'endsAt', descending: false },
  ENDS_AT_DESC: { by: 'endsAt', descending: true },
};

interface ListArguments<Filter, Order> extends ConnectionArguments {
  readonly where?: Filter | null | undefined;
  readonly orderBy?: Order | null | undefined;
}

/** A page of the signers, of all or of those under one root. */
export async function signerList(
  args: ListArguments<CpsSignerFilter, CpsSignerOrder>,
  { signers, clock }: Context,
  root?: string,
): Promise<Connection<Signer>> {
  const order = signerOrders[args.orderBy ?? 'DEFAULT_FIRST'];
  const filter = {
    ...chainedFilter(args.where, [root, args.where?.v2gRootFingerprint], clock.now()),
    isDefault: args.where?.isDefault ?? undefined,
  };
  const page = pageRequest(args, signerKeys[order.by]);
  const found = await signers.page(filter, order, page);
  return toConnection(page, found, signerSortKey(order), () => signers.count(filter));
}

/** A page of the CAs. */
export async function contractCaList(
  args: ListArguments<ContractCaFilter, ContractCaOrder>,
  { contractCas, clock }: Context,
): Promise<Connection<ContractCa>> {
  const order = caOrders[args.orderBy ?? 'ADDED_AT_ASC'];
  const { where } = args;
  const filter = {
    ...chainedFilter(where, [where?.rootFingerprint], clock.now()),
    providerId: where?.providerId == null ? undefined : readProviderId(where.providerId),
  };
  const page = pageRequest(args, [instantKey, ...key]);
  const found = await contractCas.page(filter, order, page);
  return toConnection(page, found, contractCaSortKey(order), () => contractCas.count(filter));
}

/** Most certificates that a filter can name. */
const mostNamed = 100;

/** What signers and CAs alike are narrowed by; under all of the roots that are given. */
function chainedFilter(
  where: CpsSignerFilter | ContractCaFilter | null | undefined,
  roots: readonly (string | null | undefined)[],
  now: Date,
): ChainedFilter {
  if ((where?.fingerprint?.length ?? 0) > mostNamed) {
    throw refuse('fingerprint', `At most ${String(mostNamed)} certificates can be asked for.`);
  }
  const given = roots.filter((root) => root != null);
  return {
    namespace: where?.namespace ?? undefined,
    fingerprints: where?.fingerprint ?? undefined,
    rootFingerprints: given.length === 0 ? undefined : given,
    isRetired: where?.isRetired ?? undefined,
    expiringBefore: where?.expiringBefore ?? undefined,
    expiring: endingWithin(where?.expiringWithin, now),
    addedFrom: where?.addedFrom ?? undefined,
    addedBefore: where?.addedBefore ?? undefined,
  };
}

const refuse = (field: string, message: string, cause?: unknown) =>
  new ChargeGraphError('BAD_INPUT', message, { path: ['where', field], cause });

function readProviderId(text: string): string {
  try {
    return parseProviderId(text);
  } catch (cause) {
    throw refuse(
      'providerId',
      cause instanceof Error ? cause.message : 'The provider id is malformed.',
      cause,
    );
  }
}
