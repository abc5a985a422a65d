import { globalId, logReader } from '@chargegraph/graph';
import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { findContractEvent } from '../domain/contract-log.ts';
import { findVisible } from './contracts.ts';

/** The log among the fields of `Query`. */
export const eventQueries: Pick<QueryResolvers, 'contractEvent' | 'contractEventLog'> = {
  contractEvent: (_, { cursor }, { log, caller }) => findContractEvent(log, caller, cursor),
  contractEventLog: (_, request, { log, caller }) => log.read({ ...request, reader: logReader(caller) }),
};

/** An event: its own fields from the log, its links as of now. */
export const contractEventResolvers: Pick<Resolvers, 'ContractEvent'> = {
  ContractEvent: {
    emaid: ({ facts }) => facts.emaid ?? null,
    pcid: ({ facts }) => facts.pcid ?? null,
    namespaces: ({ facts }) => facts.namespaces ?? null,
    signerFingerprint: ({ facts }) => facts.signerFingerprint ?? null,
    signerEndsAt: ({ facts: { signerEndsAt } }) =>
      signerEndsAt === undefined ? null : new Date(signerEndsAt),
    v2gRootFingerprint: ({ facts }) => facts.v2gRootFingerprint ?? null,
    reason: ({ facts }) => facts.reason ?? null,
    clientId: ({ facts }) => facts.clientId ?? null,
    consumer: ({ facts }) => facts.consumer ?? null,
    contract: ({ facts: { emaidKey } }, _, context) =>
      emaidKey === undefined ? null : findVisible(emaidKey, context),
    provisioningCertificate: ({ facts: { pcidKey } }, { namespace }) =>
      pcidKey === undefined ? null : { id: globalId('ProvisioningCertificate', namespace, pcidKey) },
  },
};
