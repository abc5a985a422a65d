import type { Client } from 'graphql-ws';
import { check } from '../check.ts';

/** A contract event with fields of three pools: the event and contract (CCP), the car (PCP), its root (RCP). */
export interface ReceivedEvent {
  readonly id: string;
  readonly cursor: string;
  readonly type: string;
  readonly emaid: string;
  readonly pcid: string;
  readonly contract: {
    readonly emaid: string;
    readonly provisioningCertificate: {
      readonly pcid: string;
      readonly rootCertificate: {
        readonly type: string;
        readonly certificate: { readonly subject: string };
      } | null;
    } | null;
  } | null;
}

const subscription = /* GraphQL */ `
  subscription ContractEvents {
    contractEvents {
      id
      cursor
      type
      emaid
      pcid
      contract {
        emaid
        provisioningCertificate {
          pcid
          rootCertificate {
            type
            certificate {
              subject
            }
          }
        }
      }
    }
  }
`;

/** The OEM's open subscription. */
export interface EventListener {
  /** The next event, within ten seconds. */
  next(): Promise<ReceivedEvent>;
  close(): Promise<void>;
}

const patienceMs = 10_000;

/** Subscribes to contract events; resolves once the gateway has confirmed the connection. */
export async function listenToContracts(client: Client): Promise<EventListener> {
  await new Promise<void>((resolve, reject) => {
    client.on('connected', () => {
      resolve();
    });
    client.on('closed', (event) => {
      reject(new Error(`The websocket was closed: ${JSON.stringify(event)}`));
    });
  });
  const results = client.iterate<{ contractEvents: ReceivedEvent }>({ query: subscription });
  // Asked for at once, so that the subscription is open before anything happens.
  let pending = results.next();

  return {
    async next() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new Error('No event came within ten seconds.'));
        }, patienceMs);
      });
      const step = await Promise.race([pending, late]);
      clearTimeout(timer);
      check(step.done !== true, 'the subscription goes on');
      const message = step.value.errors?.[0]?.message;
      check(message === undefined, `the event comes without an error: ${message ?? ''}`);
      pending = results.next();
      check(step.value.data != null, 'the event has data');
      return step.value.data.contractEvents;
    },
    async close() {
      await results.return?.();
      await client.dispose();
    },
  };
}
