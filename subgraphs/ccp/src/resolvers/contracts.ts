import {
  certificateFields,
  globalId,
  identifierKey,
  instantKey,
  pageRequest,
  readGlobalId,
  toConnection,
} from '@chargegraph/graph';
import { parsePcid, wmiOf } from '@chargegraph/iso15118';
import type { ContractOrder, QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import type { Context } from '../context.ts';
import type { Contract } from '../domain/contract.ts';
import { contractQuery, type ContractSorting } from '../domain/contract-list.ts';
import { verdictOfData } from '../domain/data-verdict.ts';
import { isVariant, lookUpContract } from '../domain/look-up-contract.ts';
import { storedCertificates } from '../domain/response-certificates.ts';
import { maySee, visibleContracts } from '../domain/rights.ts';

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
  contracts: async (_, { where, orderBy, ...args }, { caller, list, settings }) => {
    const order = orders[(orderBy as ContractOrder | null) ?? 'CREATED_AT_ASC'];
    const page = pageRequest(args, order.by === 'emaidKey' ? [identifierKey] : [instantKey, identifierKey]);
    const query = contractQuery(caller, settings, where ?? {});
    return toConnection(
      page,
      await list.page(query, order, page),
      (contract) => sortKey(contract, order),
      () => list.count(query),
    );
  },
};

const orders: Readonly<Record<ContractOrder, ContractSorting>> = {
  CREATED_AT_ASC: { by: 'createdAt', descending: false },
  CREATED_AT_DESC: { by: 'createdAt', descending: true },
  UPDATED_AT_ASC: { by: 'updatedAt', descending: false },
  UPDATED_AT_DESC: { by: 'updatedAt', descending: true },
  EMAID_ASC: { by: 'emaidKey', descending: false },
  EMAID_DESC: { by: 'emaidKey', descending: true },
};

const sortKey = (contract: Contract, { by }: ContractSorting) =>
  by === 'emaidKey' ? [contract.emaidKey] : [contract[by].toISOString(), contract.emaidKey];

/** A contract and what hangs on it. */
export const contractResolvers: Pick<
  Resolvers,
  'Contract' | 'SignedContractData' | 'ProvisioningCertificate'
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
    signedData: async ({ emaidKey, only }, { namespace, v2gRoot }, { store }) => {
      const data = await store.signedData(emaidKey);
      const asked = { namespace: namespace ?? undefined, v2gRoot: v2gRoot ?? undefined };
      return data.filter((each) => isVariant(each, asked) && isVariant(each, only ?? {}));
    },
  },
  SignedContractData: {
    v2gRoot: ({ v2gRoot }) => ({ id: globalId('RootCertificate', v2gRoot.fingerprint) }),
    contractCertificate: (data) => certificateFields(storedCertificates(data).contract),
    subCaCertificates: (data) => storedCertificates(data).contractSubCas.map(certificateFields),
    cpsCertificate: (data) => certificateFields(storedCertificates(data).cps),
    verdict: async (data, _, { clock, pools }) =>
      verdictOfData(data, await pools.trustedRoots(), clock.now()),
  },
  ProvisioningCertificate: {
    __resolveReference: ({ id }) => (pcidOf(id) === undefined ? null : { id }),
    contracts: async ({ id }, args, { caller, store }) => {
      const pcid = parsePcid(pcidOf(id) ?? '');
      const visible = visibleContracts(caller, wmiOf(pcid));
      const page = pageRequest(args, [instantKey, identifierKey]);
      return toConnection(
        page,
        await store.page(pcid, visible, page),
        ({ createdAt, emaidKey }) => [createdAt.toISOString(), emaidKey],
        () => store.count(pcid, visible),
      );
    },
  },
};

/** A provisioning certificate's global id names its generation and its car. */
function pcidOf(id: string): string | undefined {
  return readGlobalId('ProvisioningCertificate', id, 2)?.[1];
}
