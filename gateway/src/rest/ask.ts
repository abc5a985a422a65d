import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode } from 'graphql';
import type { Caller } from '@chargegraph/identity';
import { ChargeGraphError, errorCodes } from '@chargegraph/service';
import type { GraphExecutor } from '../graph/executor.ts';
import type { PartnerLimits } from '../limits/partner-limits.ts';
import type { RefusedWrites } from '../limits/refused-writes.ts';
import { runForPartner } from '../limits/run-for-partner.ts';
import type { Ask } from './operation.ts';

/** What the graph is asked through. */
export interface AskDeps {
  readonly executor: GraphExecutor;
  readonly limits: PartnerLimits;
  readonly refusedWrites: RefusedWrites;
}

const texts = new WeakMap<DocumentNode, string>();

/** The same text for the same document, so that the executor finds its plan again. */
function textOf(document: DocumentNode): string {
  let text = texts.get(document);
  if (text === undefined) texts.set(document, (text = print(document)));
  return text;
}

/** The {@link Ask} of one request. */
export function askAs(
  deps: AskDeps,
  { caller, traceId }: { readonly caller: Caller; readonly traceId: string },
): Ask {
  return async <R, V extends object>(document: TypedDocumentNode<R, V>, variables: V): Promise<R> => {
    const { response } = await runForPartner(deps, {
      query: textOf(document),
      variables: variables as Readonly<Record<string, unknown>>,
      caller,
      traceId,
    });
    const [error] = response.errors ?? [];
    if (error !== undefined) throw refusal(error.message, error.extensions?.['code']);
    if (response.data == null) throw new ChargeGraphError('INTERNAL', 'internal error');
    for (const payload of Object.values(response.data)) {
      const [refused] = userErrorsOf(payload);
      if (refused !== undefined) throw refusal(refused.message, refused.code, refused.path);
    }
    return response.data as R;
  };
}

interface RefusedInput {
  readonly message: string;
  readonly code: string;
  readonly path?: readonly string[] | null;
}

function userErrorsOf(payload: unknown): readonly RefusedInput[] {
  if (typeof payload !== 'object' || payload === null || !('userErrors' in payload)) return [];
  return payload.userErrors as readonly RefusedInput[];
}

/** A refusal of the graph as it was before GraphQL wrote it down; an unknown code is a fault. */
function refusal(message: string, code: unknown, path?: readonly string[] | null): ChargeGraphError {
  const known = errorCodes.find((each) => each === code) ?? 'INTERNAL';
  return new ChargeGraphError(known, message, path == null ? {} : { path: path.slice(1) });
}
