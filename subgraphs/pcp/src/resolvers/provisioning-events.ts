import { logReader } from '@chargegraph/graph';
import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { findProvisioningEvent } from '../domain/provisioning-log.ts';

/** The log among the fields of `Query`. */
export const eventQueries: Pick<
  QueryResolvers,
  'provisioningCertificateEvent' | 'provisioningCertificateEventLog'
> = {
  provisioningCertificateEvent: (_, { cursor }, { log, caller }) =>
    findProvisioningEvent(log, caller, cursor),
  provisioningCertificateEventLog: (_, request, { log, caller }) =>
    log.read({ ...request, reader: logReader(caller) }),
};

/** An event: its own fields from the log, its link as of now. */
export const eventResolvers: Pick<Resolvers, 'ProvisioningCertificateEvent'> = {
  ProvisioningCertificateEvent: {
    pcid: ({ facts }) => facts.commonName,
    namespace: ({ facts }) => facts.namespace,
    keyChanged: ({ facts }) => facts.keyChanged,
    epoch: ({ facts }) => facts.epoch ?? '0',
    provisioningCertificate: ({ facts }, _, { pool, caller }) =>
      pool.find(caller, facts.pcid, facts.namespace),
  },
};
