import { randomUUID } from 'node:crypto';
import { decodeCursor, encodeCursor, type LogPosition } from '@chargegraph/events';
import type { GraphClient, RequestContext, StandalonePool } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { parseCertificate } from '@chargegraph/pki';
import { RootEventsDocument, RootsDocument } from '../generated/operations.ts';
import type { RootPool } from './follow-roots.ts';
import type { TrustedRoot } from './root-set.ts';

/** RCP's name, in its cursors and in the bus's topics. */
export const rootPoolName = 'rcp';

/** How long RCP may take to answer the follower, in milliseconds: nobody waits but the next try. */
const patience = 5_000;

/**
 * Asks RCP through the graph as the service of the asking pool: on behalf of an operation and within its deadline, or
 * on the pool's own.
 */
export function createRootPool(
  graph: GraphClient,
  service: StandalonePool,
  request?: RequestContext,
): RootPool {
  const caller = serviceCaller(service);
  const on = () => ({
    caller,
    request: request ?? { caller, traceId: randomUUID(), deadline: Date.now() + patience, hops: 0 },
  });

  async function read(fingerprints: readonly string[] | undefined): Promise<TrustedRoot[]> {
    const roots: TrustedRoot[] = [];
    let after: string | undefined;
    do {
      const { rootCertificates } = await graph.query(RootsDocument, { fingerprints, after }, on());
      for (const { type, certificate } of rootCertificates.nodes) {
        roots.push({ type, certificate: parseCertificate(certificate.pem) });
      }
      const { hasNextPage, endCursor } = rootCertificates.pageInfo;
      after = hasNextPage ? (endCursor ?? undefined) : undefined;
    } while (after !== undefined);
    return roots;
  }

  return {
    all: () => read(undefined),
    find: (fingerprints) => read(fingerprints),
    async events(after: LogPosition | undefined, first: number) {
      const cursor = after === undefined ? undefined : encodeCursor({ pool: rootPoolName, ...after });
      const { rootCertificateEventLog: log } = await graph.query(
        RootEventsDocument,
        { after: cursor, first },
        on(),
      );
      return {
        head: decodeCursor(log.head),
        events: log.events.map((event) => ({
          position: decodeCursor(event.cursor),
          type: event.type,
          fingerprint: told(event.fingerprint),
        })),
      };
    },
  };
}

/** A fact of an event: only markers have none, which are in subscriptions and never in the log. */
function told<Fact>(fact: Fact | null | undefined): Fact {
  if (fact == null) throw new Error('An event of the log of root certificates lacks a fact.');
  return fact;
}
