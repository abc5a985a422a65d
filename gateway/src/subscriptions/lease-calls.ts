import { randomUUID } from 'node:crypto';
import type { LeaseLoss } from '@chargegraph/events';
import type { SubgraphResponse } from '@chargegraph/graph';
import { serviceCaller } from '@chargegraph/identity';
import { ChargeGraphError, errorCodes, type ErrorCode } from '@chargegraph/service';
import type { PoolSource } from '../graph/executor.ts';

/** `EventConsumerLeaseInput` of the schema. */
export interface LeaseInput {
  readonly clientId: string;
  readonly consumer: string;
  readonly holder: string;
  readonly fencing: string;
}

/** `LeaseEventConsumerInput` of the schema. */
export interface NewLeaseInput extends Omit<LeaseInput, 'fencing'> {
  readonly organisation: string;
  readonly wmis: readonly string[];
  readonly after: string | null;
  readonly fromBeginning: boolean;
}

/** What a gateway says to a pool about named consumers. Each call throws a ChargeGraphError for a refusal or fault. */
export interface LeaseCalls {
  lease(input: NewLeaseInput): Promise<{ readonly fencing: string; readonly cursor: string }>;
  renew(leases: readonly LeaseInput[]): Promise<readonly ('HELD' | LeaseLoss)[]>;
  release(lease: LeaseInput): Promise<void>;
}

const userErrors = 'userErrors { message path code }';

const documents = {
  lease: `mutation LeaseEventConsumer($input: LeaseEventConsumerInput!) {
    answer: leaseEventConsumer(input: $input) { lease { fencing cursor } ${userErrors} } }`,
  renew: `mutation RenewEventConsumers($input: RenewEventConsumersInput!) {
    answer: renewEventConsumers(input: $input) { states ${userErrors} } }`,
  release: `mutation ReleaseEventConsumer($input: EventConsumerLeaseInput!) {
    answer: releaseEventConsumer(input: $input) { released ${userErrors} } }`,
};

const timeoutMs = 5_000;

interface Payload {
  readonly userErrors: readonly {
    readonly message: string;
    readonly path: readonly string[] | null;
    readonly code: ErrorCode;
  }[];
}

/** Calls a pool as the gateway's own service identity. */
export function createLeaseCalls(pool: PoolSource): LeaseCalls {
  const caller = serviceCaller('gateway');

  const call = async <T>(query: string, input: object): Promise<T> => {
    const traceId = randomUUID();
    let response: SubgraphResponse;
    try {
      response = await pool.execute({
        query,
        variables: { input },
        context: { caller, traceId, deadline: Date.now() + timeoutMs, hops: 0 },
      });
    } catch (cause) {
      throw unavailable(cause);
    }
    const [error] = response.errors ?? [];
    if (error !== undefined) {
      const code = errorCodes.find((each) => each === error.extensions?.['code']);
      throw code === undefined || hidden.has(code)
        ? unavailable(new Error(error.message))
        : new ChargeGraphError(code, error.message, argumentOf(error.extensions?.['argument']));
    }
    const payload = response.data?.['answer'] as (T & Payload) | undefined;
    if (payload === undefined) throw unavailable(new Error('no data'));
    const [refusal] = payload.userErrors;
    if (refusal !== undefined) {
      throw new ChargeGraphError(refusal.code, refusal.message, argumentOf(refusal.path?.slice(1)));
    }
    return payload;
  };

  return {
    lease: async (input) => {
      const { lease } = await call<{ lease: { fencing: string; cursor: string } }>(documents.lease, input);
      return lease;
    },
    renew: async (leases) => {
      const { states } = await call<{ states: readonly ('HELD' | LeaseLoss)[] }>(documents.renew, { leases });
      return states;
    },
    release: async (lease) => {
      await call(documents.release, lease);
    },
  };
}

/** Of the gateway's own call, which the client knows nothing of. */
const hidden: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
]);

/** The subscription's argument of that name; its fields are called as in the pool's input. */
const argumentOf = (path: unknown) =>
  Array.isArray(path) && path.length > 0 ? { path: path as readonly string[] } : {};

const unavailable = (cause: unknown) =>
  new ChargeGraphError('UNAVAILABLE', 'The consumer cannot be had at present: try again soon.', { cause });
