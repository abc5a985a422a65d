import {
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
import type { ContractCaFilter, CpsSignerFilter, CpsSignerOrder } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import { contractCaSortKey, type ContractCa } from '../domain/contract-ca.ts';
import { signerSortKey, type Signer, type SignerOrder } from '../domain/signer.ts';

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

interface ListArguments<Filter, Order> extends ConnectionArguments {
  readonly where?: Filter | null | undefined;
  readonly orderBy?: Order | null | undefined;
}

/** A page of the signers. */
export async function signerList(
  args: ListArguments<CpsSignerFilter, CpsSignerOrder>,
  { signers }: Context,
): Promise<Connection<Signer>> {
  const order = signerOrders[args.orderBy ?? 'DEFAULT_FIRST'];
  const { where } = args;
  const filter = {
    namespace: where?.namespace ?? undefined,
    v2gRootFingerprint: where?.v2gRootFingerprint ?? undefined,
    isDefault: where?.isDefault ?? undefined,
    isRetired: where?.isRetired ?? undefined,
    endsBefore: where?.endsBefore ?? undefined,
  };
  const page = pageRequest(args, signerKeys[order.by]);
  const found = await signers.page(filter, order, page);
  return toConnection(page, found, signerSortKey(order), () => signers.count(filter));
}

/** A page of the CAs. */
export async function contractCaList(
  args: ListArguments<ContractCaFilter, 'ADDED_AT_ASC' | 'ADDED_AT_DESC'>,
  { contractCas }: Context,
): Promise<Connection<ContractCa>> {
  const { where } = args;
  const filter = {
    namespace: where?.namespace ?? undefined,
    providerId: where?.providerId == null ? undefined : readProviderId(where.providerId),
    isRetired: where?.isRetired ?? undefined,
  };
  const page = pageRequest(args, [instantKey, ...key]);
  const found = await contractCas.page(filter, args.orderBy === 'ADDED_AT_DESC', page);
  return toConnection(page, found, contractCaSortKey, () => contractCas.count(filter));
}

function readProviderId(text: string): string {
  try {
    return parseProviderId(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'The provider id is malformed.';
    throw new ChargeGraphError('BAD_INPUT', message, { path: ['where', 'providerId'], cause });
  }
}
