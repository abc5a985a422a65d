import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  execute,
  Kind,
  OperationTypeNode,
  parse,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { LoggedEvent } from '@chargegraph/events';
import type { PoolSource } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { Supergraph } from '../graph/supergraph.ts';
import { contractEventFacts, contractEventFields, cursorOf } from './contract-events.ts';

/** A subscription's plan, turned into one that runs once per event. */
export interface EventPlan {
  /** Name of the subscription's field in the response: its alias or its name. */
  readonly responseName: string;
  /** What to run for an event. */
  readonly plan: QueryPlan;
  /** Variables that the plan needs beside the client's. */
  variablesFor(event: LoggedEvent): Record<string, unknown>;
  /** The pool that tells an event's own facts, when the plan asks for nothing else of the event's pool. */
  factsFor(event: LoggedEvent): PoolSource | undefined;
}

/** A name that no variable of the client has: the planner keeps clients' names as they are. */
function cursorVariableFor({ operation }: PreparedOperation): string {
  const taken = new Set((operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value));
  let name = 'chargegraph_event_cursor';
  while (taken.has(name)) name += '_';
  return name;
}

const factsPool = 'event-facts';

/**
 * A subscription's plan has a `primary` part, the event's own pool, and a `rest` that any pool may serve. `primary`
 * is answered from the logged event when it selects nothing but the event's facts, else by one query that names the
 * event; `rest` runs as it would in a query.
 */
export function createEventPlan(prepared: PreparedOperation, supergraph: Supergraph): EventPlan {
  const node = prepared.plan.node;
  if (node?.kind !== 'Subscription') throw new Error('Not a subscription.');
  const { primary, rest } = node;
  const document = parse(primary.operation);
  const operation = operationOf(document);
  const field = operation.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  if (field === undefined) throw new Error('The subscription selects no field.');
  const responseName = (field.alias ?? field.name).value;
  const fromFacts = selectsOnlyFacts(field.selectionSet, document);
  const cursorVariable = cursorVariableFor(prepared);

  const first: FetchNode = fromFacts
    ? { ...primary, serviceName: factsPool, operationKind: operation.operation }
    : namedEventFetch(primary, document, operation, field, cursorVariable);
  const nodes: PlanNode[] = rest === undefined ? [first] : [first, rest];

  return {
    responseName,
    plan: { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } },
    variablesFor: (event): Record<string, unknown> =>
      fromFacts ? {} : { [cursorVariable]: cursorOf(event) },
    factsFor: (event) =>
      fromFacts ? factsSource(supergraph, primary.serviceName, document, field, event) : undefined,
  };
}

function operationOf(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('The plan has no operation.');
  return operation;
}

/** True when every field, through all fragments, is one that the log itself tells. */
function selectsOnlyFacts(selections: SelectionSetNode | undefined, document: DocumentNode): boolean {
  return (selections?.selections ?? []).every((selection) => {
    if (selection.kind === Kind.FIELD) return contractEventFacts.has(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return selectsOnlyFacts(selection.selectionSet, document);
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION && selectsOnlyFacts(fragment.selectionSet, document);
  });
}

/** `subscription { contractEvents(…) {…} }` as `query { contractEvent(cursor: …) {…} }`, the selection untouched. */
function namedEventFetch(
  primary: FetchNode,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  field: FieldNode,
  cursorVariable: string,
): FetchNode {
  const name = (value: string) => ({ kind: Kind.NAME as const, value });
  const variable = { kind: Kind.VARIABLE as const, name: name(cursorVariable) };
  const query: OperationDefinitionNode = {
    ...operation,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: [
      ...(operation.variableDefinitions ?? []).filter((definition) =>
        usesVariable(document, field, definition.variable.name.value),
      ),
      {
        kind: Kind.VARIABLE_DEFINITION,
        variable,
        type: {
          kind: Kind.NON_NULL_TYPE,
          type: { kind: Kind.NAMED_TYPE, name: name('Cursor') },
        },
      },
    ],
    selectionSet: {
      ...operation.selectionSet,
      selections: [
        {
          ...field,
          alias: name((field.alias ?? field.name).value),
          name: name('contractEvent'),
          arguments: [{ kind: Kind.ARGUMENT, name: name('cursor'), value: variable }],
        },
      ],
    },
  };
  const { operationDocumentNode: _, ...fetch } = primary;
  return {
    ...fetch,
    operationKind: query.operation,
    operation: print({
      ...document,
      definitions: document.definitions.map((definition) => (definition === operation ? query : definition)),
    }),
    variableUsages: [
      ...(primary.variableUsages ?? []).filter((usage) => usesVariable(document, field, usage)),
      cursorVariable,
    ],
  };
}

/** Whether the selection (not the subscription field's own arguments) uses a variable. */
function usesVariable(document: DocumentNode, field: FieldNode, name: string): boolean {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  let used = false;
  for (const part of [field.selectionSet, ...(field.directives ?? []), ...fragments]) {
    if (part === undefined) continue;
    visit(part, {
      Variable: (variable) => {
        if (variable.name.value === name) used = true;
      },
    });
  }
  return used;
}

/** Runs the selection over the event's facts by the pool's own schema: aliases, fragments, directives included. */
function factsSource(
  supergraph: Supergraph,
  pool: string,
  document: DocumentNode,
  field: FieldNode,
  event: LoggedEvent,
): PoolSource {
  return {
    name: factsPool,
    execute: async ({ variables }) => {
      const result = await execute({
        schema: supergraph.poolSchema(pool),
        document,
        variableValues: variables ?? {},
        rootValue: { [field.name.value]: contractEventFields(event) },
      });
      // An event that does not fit the schema must not pass in silence.
      return {
        data: result.data ?? null,
        ...(result.errors !== undefined && { errors: result.errors.map((error) => error.toJSON()) }),
      };
    },
  };
}
