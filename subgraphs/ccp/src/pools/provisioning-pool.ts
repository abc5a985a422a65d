import { randomUUID } from 'node:crypto';
import { decodeCursor, encodeCursor } from '@chargegraph/events';
import type { GraphClient } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { parsePcid } from '@chargegraph/iso15118';
import { ContractEpochDocument, ProvisioningEventsDocument } from '../../generated/operations.ts';
import type { ProvisioningPool } from '../domain/follow-provisioning.ts';

const pool = 'pcp';
/** How long PCP may take to answer, in milliseconds: nobody waits but the next try. */
const patience = 5_000;

/** Asks PCP through the graph on the pool's own behalf. */
export function createProvisioningPool(graph: GraphClient): ProvisioningPool {
  const caller = serviceCaller('ccp');
  const ask = () => ({
    caller,
    request: { caller, traceId: randomUUID(), deadline: Date.now() + patience, hops: 0 },
  });
  return {
    async events(after, first) {
      const cursor = after === undefined ? undefined : encodeCursor({ pool, ...after });
      const { provisioningCertificateEventLog: log } = await graph.query(
        ProvisioningEventsDocument,
        { after: cursor, first },
        ask(),
      );
      return {
        head: decodeCursor(log.head),
        events: log.events.map((event) => ({
          position: decodeCursor(event.cursor),
          type: event.type,
          pcid: parsePcid(told(event.pcid)),
          namespace: told(event.namespace),
          keyChanged: told(event.keyChanged),
          epoch: BigInt(told(event.epoch)),
        })),
      };
    },

    async epochOf({ pcid, namespace }) {
      const { provisioningCertificate } = await graph.query(
        ContractEpochDocument,
        { pcid, namespace },
        ask(),
      );
      return provisioningCertificate == null ? undefined : BigInt(provisioningCertificate.contractEpoch);
    },
  };
}

/** A fact of an event: only markers have none, which are in subscriptions and never in the log. */
function told<Fact>(fact: Fact | null | undefined): Fact {
  if (fact == null) throw new Error('An event of the log of provisioning certificates lacks a fact.');
  return fact;
}
