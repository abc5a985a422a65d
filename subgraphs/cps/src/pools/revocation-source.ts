import { randomUUID } from 'node:crypto';
import { defaultDeadlineMs, type GraphClient } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { RevocationRequestsDocument } from '../../generated/operations.ts';
import type { RevocationSource } from '../domain/follow-revocations.ts';

/** The contract pool's requests for revocation through the graph, read as the service itself. */
export function createRevocationSource(graph: GraphClient): RevocationSource {
  return {
    async requests(since, after) {
      const caller = serviceCaller('cps');
      const request = { caller, traceId: randomUUID(), deadline: Date.now() + defaultDeadlineMs, hops: 0 };
      const { contractRevocationRequests: page } = await graph.query(
        RevocationRequestsDocument,
        { since: since.toISOString(), after: after ?? null },
        { caller, request },
      );
      const { hasNextPage, endCursor } = page.pageInfo;
      return {
        requests: page.nodes.map((node) => ({
          fingerprint: node.contractCertificateFingerprint,
          requestedAt: new Date(node.requestedAt),
        })),
        next: hasNextPage ? (endCursor ?? undefined) : undefined,
        readAt: new Date(page.readAt),
      };
    },
  };
}
