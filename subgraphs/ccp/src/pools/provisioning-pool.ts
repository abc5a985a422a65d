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
          pcid: parsePcid(event.pcid),
          namespace: event.namespace,
          keyChanged: event.keyChanged,
          epoch: BigInt(event.epoch),
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
