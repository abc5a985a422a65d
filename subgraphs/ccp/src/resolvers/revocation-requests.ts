import { fingerprintKey, instantKey, pageRequest, toConnection } from '@chargegraph/graph';
import type { QueryResolvers, Resolvers } from '../../generated/resolvers.ts';
import { revocationRequestSortKey } from '../domain/revocation-request.ts';

/** What is to be revoked, among the fields of `Query`. */
export const revocationQueries: Pick<QueryResolvers, 'contractRevocationRequests'> = {
  contractRevocationRequests: async (_, { since, ...args }, { revocationRequests, clock }) => {
    const page = pageRequest(args, [instantKey, fingerprintKey]);
    const readAt = clock.now();
    const found = await revocationRequests.page(since, page);
    const count = () => revocationRequests.count(since);
    return { ...toConnection(page, found, revocationRequestSortKey, count), readAt };
  },
};

/** A request's fields. */
export const revocationResolvers: Pick<Resolvers, 'ContractRevocationRequest'> = {
  ContractRevocationRequest: {
    contractCertificateFingerprint: ({ contractFingerprint }) => contractFingerprint,
    notAfter: ({ notAfter }) => notAfter ?? null,
  },
};
