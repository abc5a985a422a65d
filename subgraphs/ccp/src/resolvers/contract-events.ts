import { globalId } from '@chargegraph/graph';
import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { findContractEvent, readContractLog } from '../domain/contract-log.ts';
import { findVisible } from './contracts.ts';

/** The log among the fields of `Query`. */
export const eventQueries: Pick<QueryResolvers, 'contractEvent' | 'contractEventLog'> = {
  contractEvent: (_, { cursor }, { log, caller }) => findContractEvent(log, caller, cursor),
  contractEventLog: (_, { after, first }, { log }) =>
    readContractLog(log, { after: after ?? undefined, first }),
};

/** An event: its own fields from the log, its links as of now. */
export const contractEventResolvers: Pick<Resolvers, 'ContractEvent'> = {
  ContractEvent: {
    emaid: ({ facts }) => facts.emaid,
    pcid: ({ facts }) => facts.pcid,
    namespaces: ({ facts }) => facts.namespaces,
    contract: ({ facts }, _, context) => findVisible(facts.emaidKey, context),
    provisioningCertificate: ({ facts }, { namespace }) => ({
      id: globalId('ProvisioningCertificate', namespace, facts.pcidKey),
    }),
  },
};
