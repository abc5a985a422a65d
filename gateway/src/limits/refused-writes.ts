import { getArgumentValues, getOperationAST, GraphQLError, OperationTypeNode, type FieldNode } from 'graphql';
import type { Refusals } from '@chargegraph/audit';
import { actOf, answersOnly, objectOfInput } from '@chargegraph/graph';
import type { Caller } from '@chargegraph/identity';
import type { ErrorCode } from '@chargegraph/service';
import { withDefaults } from '../graph/amount.ts';
import { isLimitExceeded, parseWithin } from '../graph/document-limits.ts';
import type { Variables } from '../graph/executor.ts';
import { fieldsAt, fragmentsOf } from '../graph/fragments.ts';
import { mutationsBegun } from '../graph/mutations-begun.ts';
import type { Supergraph } from '../graph/supergraph.ts';

/** A partner's operation that no pool has seen. */
export interface StoppedOperation {
  /** As it was sent, be it a text or not. */
  readonly query: unknown;
  readonly operationName?: unknown;
  readonly variables: unknown;
  readonly caller: Caller;
  readonly traceId: string;
}

/** An error as it is shown to the partner. */
interface ShownError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** Has writes recorded that the gateway refuses itself. */
export interface RefusedWrites {
  /**
   * Takes in an operation that was answered with these errors before a pool saw it, and returns at once. It is recorded if
   * it is a mutation, and was refused for a limit or for want of a right: what does not fit the schema never became a write.
   */
  readonly tell: (operation: StoppedOperation, errors: readonly ShownError[]) => void;
}

/** With what the gateway refuses what would have been a write. */
const refusing: ReadonlySet<unknown> = new Set<ErrorCode>(['LIMIT_EXCEEDED', 'FORBIDDEN']);

/** What a mutation was about to do, told apart once its text is read again. */
interface Intent {
  /** Names of mutations, each once. */
  readonly actions: readonly string[];
  /** What they were to be done to, each once, as far as the input says. */
  readonly objects: () => readonly string[];
}

/**
 * Tells the audit of refused mutations, one record an operation: its mutations' names joined by commas, and what they name.
 */
export function createRefusedWrites({
  supergraph: { apiSchema },
  refusals,
  maxTokens,
}: {
  readonly supergraph: Pick<Supergraph, 'apiSchema'>;
  readonly refusals: Pick<Refusals, 'record'>;
  /** Most tokens of a document, beyond which nothing is read; 0: any. */
  readonly maxTokens: number;
}): RefusedWrites {
  const mutations = apiSchema.getMutationType()?.getFields() ?? {};
  const isWrite = (name: string) => name in mutations && !answersOnly.includes(name);

  const objectOf = (field: FieldNode, variables: Variables): string => {
    const definition = mutations[field.name.value];
    if (definition === undefined) return '';
    try {
      return objectOfInput(field.name.value, getArgumentValues(definition, field, variables));
    } catch {
      // Arguments that do not fit: no pool has seen them yet, which would have said so.
      return '';
    }
  };

  const intentOf = ({ query, operationName, variables }: StoppedOperation): Intent | undefined => {
    if (typeof query !== 'string') return undefined;
    const name = typeof operationName === 'string' ? operationName : undefined;
    try {
      const document = parseWithin(query, { maxTokens });
      const operation = getOperationAST(document, name);
      if (operation?.operation !== OperationTypeNode.MUTATION) return undefined;
      const fields = fieldsAt(operation.selectionSet, fragmentsOf(document));
      const writes = fields.filter((field) => isWrite(field.name.value));
      if (writes.length === 0) return undefined;
      const given = withDefaults(operation)(isVariables(variables) ? variables : {});
      return {
        actions: [...new Set(writes.map((field) => field.name.value))],
        objects: () =>
          [...new Set(writes.map((field) => objectOf(field, given)))].filter((each) => each !== ''),
      };
    } catch (error) {
      if (!(error instanceof GraphQLError && isLimitExceeded(error))) return undefined;
    }
    const begun = mutationsBegun(query, { maxTokens, operationName: name });
    const actions = begun?.filter(isWrite) ?? [];
    return actions.length === 0 ? undefined : { actions, objects: () => [] };
  };

  return {
    tell: (operation, errors) => {
      const code = errors[0]?.extensions?.['code'];
      if (!refusing.has(code)) return;
      const intent = intentOf(operation);
      if (intent === undefined) return;
      refusals.record({
        act: actOf(operation),
        action: intent.actions.join(', '),
        object: () => intent.objects().join(', '),
        code: code as ErrorCode,
        detail: errors.map(({ message }) => message).join(' '),
      });
    },
  };
}

const isVariables = (value: unknown): value is Variables => typeof value === 'object' && value !== null;
