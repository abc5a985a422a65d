import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { readProvisioningLog } from '../domain/provisioning-log.ts';

/** The log among the fields of `Query`. */
export const eventQueries: Pick<QueryResolvers, 'provisioningCertificateEventLog'> = {
  provisioningCertificateEventLog: (_, { after, first }, { log }) =>
    readProvisioningLog(log, { after: after ?? undefined, first }),
};

/** An event: all of it from the log. */
export const eventResolvers: Pick<Resolvers, 'ProvisioningCertificateEvent'> = {
  ProvisioningCertificateEvent: {
    pcid: ({ facts }) => facts.commonName,
    namespace: ({ facts }) => facts.namespace,
    keyChanged: ({ facts }) => facts.keyChanged,
    epoch: ({ facts }) => facts.epoch ?? '0',
  },
};
