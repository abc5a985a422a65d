import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { Act, Refusals } from '@chargegraph/audit';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import { objectOfInput } from './object-of-input.ts';
import type { RequestContext } from './request-context.ts';

/** On whose behalf an operation writes, as the audit records it. */
export function actOf({ caller, traceId }: Pick<RequestContext, 'caller' | 'traceId'>): Act {
  return { clientId: caller.clientId, organisation: caller.organisation, traceId };
}

/** Errors that are no refusal of a write: faults of ours, and tokens with which nobody is known. */
const noRefusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
]);

/** True for what a write can be refused with: by the rules, for want of a right, or beyond a limit. */
export function isRefusedWrite(error: unknown): error is ChargeGraphError {
  return error instanceof ChargeGraphError && !noRefusals.has(error.code);
}

/**
 * The mutations that are no writes for the audit, so that neither they nor their refusals are recorded: one that answers and
 * changes nothing, and those by which a reader says where in the log of events it is, which may be many a second.
 */
export const answersOnly: readonly string[] = [
  'requestCertificateInstallation',
  'acknowledgeEvents',
  'leaseEventConsumer',
  'renewEventConsumers',
  'releaseEventConsumer',
];

/** How a pool's refused writes are told. */
export interface RefusedWriteOptions {
  readonly refusals: Pick<Refusals, 'record'>;
  /** Fields of `Mutation` that are no writes, so a refusal of theirs is not recorded. */
  readonly notWrites?: readonly string[];
}

interface Refused {
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * Has every refused mutation told to the audit: one whose payload has `userErrors`, whether or not the caller selects
 * them, and one that throws a refusal. The answer does not wait for it. Changes the schema in place; must come after
 * {@link enforceAccess}, whose refusals count too.
 */
export function tellRefusedWrites(
  schema: GraphQLSchema,
  { refusals, notWrites = [] }: RefusedWriteOptions,
): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    if (notWrites.includes(field.name)) continue;
    const resolve: GraphQLFieldResolver<unknown, RequestContext> = field.resolve ?? defaultFieldResolver;
    field.resolve = async (source, args: Record<string, unknown>, context: RequestContext, info) => {
      const tell = (refused: Refused): void => {
        refusals.record({
          act: actOf(context),
          action: field.name,
          object: () => objectOfInput(field.name, args),
          ...refused,
        });
      };
      try {
        const payload: unknown = await resolve(source, args, context, info);
        const refused = refusalOf(payload);
        if (refused !== undefined) tell(refused);
        return payload;
      } catch (error) {
        if (isRefusedWrite(error)) tell({ code: error.code, detail: error.message });
        throw error;
      }
    };
  }
}

/** What a payload says of a refusal: the first user error's code and the sentences of all. */
function refusalOf(payload: unknown): Refused | undefined {
  if (typeof payload !== 'object' || payload === null || !('userErrors' in payload)) return undefined;
  const errors = payload.userErrors as readonly { readonly code: ErrorCode; readonly message: string }[];
  const [first] = errors;
  if (first === undefined) return undefined;
  return { code: first.code, detail: errors.map(({ message }) => message).join(' ') };
}
