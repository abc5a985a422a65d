import {
  certificateFields,
  certificateResolvers,
  globalId,
  identifierKey,
  instantKey,
  pageRequest,
  readGlobalId,
  toConnection,
  type Connection,
  type ConnectionArguments,
  type KeyShape,
} from '@chargegraph/graph';
import { parsePcid } from '@chargegraph/iso15118';
import type { ContractOrder, QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import type { Contract } from '../domain/contract.ts';
import {
  carContractQuery,
  contractQuery,
  noEnd,
  type ContractList,
  type ContractQuery,
  type ContractSorting,
  type ListedContract,
} from '../domain/contract-list.ts';
import { verdictOfData } from '../domain/data-verdict.ts';
import { isVariant, lookUpContract } from '../domain/look-up-contract.ts';
import { certificatesOf, storedCertificates } from '../domain/response-certificates.ts';
import { maySee } from '../domain/rights.ts';

/** The contract of a key if there is one that the caller may see; the same work in every case. */
export async function findVisible(emaidKey: string, { caller, store }: Context): Promise<Contract | null> {
  const contract = await store.find(emaidKey);
  return contract !== undefined && maySee(caller, contract) ? contract : null;
}

/** Contracts among the fields of `Query`. */
export const contractQueries: Pick<QueryResolvers, 'contract' | 'contracts'> = {
  contract: async (_, { emaid, namespace, v2gRoot }, context) => {
    const only = { namespace: namespace ?? undefined, v2gRoot: v2gRoot ?? undefined };
    const found = await lookUpContract(context, context.settings, emaid, only);
    return found === undefined ? null : { ...found, only };
  },
  contracts: (_, { where, ...args }, { caller, settings, list, clock }) =>
    contractPage(args, contractQuery(caller, settings, where ?? {}, clock.now()), list),
};

/** A page of a list of contracts. */
async function contractPage(
  { orderBy, ...args }: ConnectionArguments & { readonly orderBy?: ContractOrder | null | undefined },
  query: ContractQuery,
  list: ContractList,
): Promise<Connection<Contract>> {
  // The default stands in for an argument that is left out, not for one that is null.
  const order = orders[orderBy ?? 'CREATED_AT_ASC'];
  const page = pageRequest(args, keyShapes[order.by]);
  return toConnection(
    page,
    await list.page(query, order, page),
    (contract) => sortKey(contract, order),
    () => list.count(query),
  );
}

const endKey: KeyShape = (text) => text === noEnd || instantKey(text);

const keyShapes: Readonly<Record<ContractSorting['by'], readonly KeyShape[]>> = {
  createdAt: [instantKey, identifierKey],
  updatedAt: [instantKey, identifierKey],
  endsAt: [endKey, identifierKey],
  emaidKey: [identifierKey],
};

const orders: Readonly<Record<ContractOrder, ContractSorting>> = {
  CREATED_AT_ASC: { by: 'createdAt', descending: false },
  CREATED_AT_DESC: { by: 'createdAt', descending: true },
  UPDATED_AT_ASC: { by: 'updatedAt', descending: false },
  UPDATED_AT_DESC: { by: 'updatedAt', descending: true },
  EMAID_ASC: { by: 'emaidKey', descending: false },
  EMAID_DESC: { by: 'emaidKey', descending: true },
  ENDS_AT_ASC: { by: 'endsAt', descending: false },
  ENDS_AT_DESC: { by: 'endsAt', descending: true },
};

const sortKey = (contract: ListedContract, { by }: ContractSorting) =>
  by === 'emaidKey' ? [contract.emaidKey] : [contract[by]?.toISOString() ?? noEnd, contract.emaidKey];

/** A contract and what hangs on it. */
export const contractResolvers: Pick<
  Resolvers,
  'Certificate' | 'Contract' | 'SignedContractData' | 'ProvisioningCertificate'
> = {
  Contract: {
    __resolveReference: ({ id }, context) => {
      const [emaidKey] = readGlobalId('Contract', id) ?? [];
      return emaidKey === undefined ? null : findVisible(emaidKey, context);
    },
    id: ({ emaidKey }) => globalId('Contract', emaidKey),
    pcid: ({ pcidShown }) => pcidShown,
    isDefault: async ({ emaidKey, pcid }, { namespace }, { store }) =>
      (await store.defaultOf(pcid, namespace)) === emaidKey,
    provisioningCertificate: ({ pcid }, { namespace }) => ({
      id: globalId('ProvisioningCertificate', namespace, pcid),
    }),
    endsAt: async ({ emaidKey }, _, { store }) => (await store.endOf(emaidKey)) ?? null,
    signedData: async ({ emaidKey, only }, { namespace, v2gRoot }, { store }) => {
      const data = await store.signedData(emaidKey);
      const asked = { namespace: namespace ?? undefined, v2gRoot: v2gRoot ?? undefined };
      return data.filter((each) => isVariant(each, asked) && isVariant(each, only ?? {}));
    },
  },
  Certificate: certificateResolvers,
  SignedContractData: {
    v2gRoot: ({ v2gRoot }) => ({ id: globalId('RootCertificate', v2gRoot.fingerprint) }),
    contractCertificate: (data) => certificateFields(storedCertificates(data).contract),
    subCaCertificates: (data) => storedCertificates(data).contractSubCas.map(certificateFields),
    cpsCertificate: (data) => certificateFields(storedCertificates(data).cps),
    verdict: async (data, _, { clock, pools, revocation }) =>
      verdictOfData(data, {
        trusted: await pools.roots.current(),
        statuses: await revocation.counting(certificatesOf(data)),
        now: clock.now(),
      }),
  },
  ProvisioningCertificate: {
    __resolveReference: ({ id }) => (pcidOf(id) === undefined ? null : { id }),
    contracts: ({ id }, { where, ...args }, { caller, list, clock }) => {
      const car = parsePcid(pcidOf(id) ?? '');
      return contractPage(args, carContractQuery(caller, car, where ?? {}, clock.now()), list);
    },
  },
};

/** A provisioning certificate's global id names its generation and its car. */
function pcidOf(id: string): string | undefined {
  return readGlobalId('ProvisioningCertificate', id, 2)?.[1];
}
