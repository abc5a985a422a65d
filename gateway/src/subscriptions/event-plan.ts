import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  executeSync,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { LoggedEvent, LogMarker } from '@chargegraph/events';
import type { Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { Supergraph } from '../graph/supergraph.ts';
import { commonFields, cursorOf, eventFields, markerFields, type EventSource } from './event-source.ts';

/** A subscription's plan, turned into one that runs once per event. */
export interface EventPlan {
  /** Name of the subscription's field in the response: its alias or its name. */
  readonly responseName: string;
  /** What to run for an event; undefined when it tells all that is selected itself: see {@link EventPlan.tell}. */
  readonly plan: QueryPlan | undefined;
  /** Variables that the plan needs beside the client's. */
  variablesFor(event: LoggedEvent): Record<string, unknown>;
  /** The client's variables that the selection uses; its arguments' others say only which events are told. */
  readonly selectionVariables: readonly string[];
  /**
   * An event, or a marker, in the document's shape, from what itself tells: its links are null.
   *
   * @returns with errors when it does not fit the schema
   */
  tell(item: LoggedEvent | LogMarker, variables: Variables): ExecutionResult;
}

/** A name that no variable of the client has: the planner keeps clients' names as they are. */
function cursorVariableFor({ operation }: PreparedOperation): string {
  const taken = new Set((operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value));
  let name = 'chargegraph_event_cursor';
  while (taken.has(name)) name += '_';
  return name;
}

/**
 * A subscription's plan has a `primary` part, the event's own pool, and a `rest` that any pool may serve. A selection of
 * nothing but the event's facts needs neither: the logged event answers it. Else `primary` becomes one query that names the
 * event, and `rest` runs as it would in a query.
 */
export function createEventPlan(
  prepared: PreparedOperation,
  supergraph: Supergraph,
  source: EventSource,
): EventPlan {
  const node = prepared.plan.node;
  if (node?.kind !== 'Subscription') throw new Error('Not a subscription.');
  const { primary, rest } = node;
  const document = parse(primary.operation);
  const operation = operationOf(document);
  const field = operation.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  if (field === undefined) throw new Error('The subscription selects no field.');
  const responseName = (field.alias ?? field.name).value;
  const facts = new Set(['__typename', ...commonFields, ...source.facts]);
  const cursorVariable = cursorVariableFor(prepared);
  const { apiSchema } = supergraph;

  const planned = (): QueryPlan => {
    const first = namedEventFetch(primary, document, operation, field, {
      name: source.namedEvent,
      cursorVariable,
    });
    const nodes: PlanNode[] = rest === undefined ? [first] : [first, rest];
    return { kind: 'QueryPlan', node: { kind: 'Sequence', nodes } };
  };
  const isToldByFacts = rest === undefined && selectsOnly(facts, field.selectionSet, document);

  return {
    responseName,
    plan: isToldByFacts ? undefined : planned(),
    variablesFor: (event) => ({ [cursorVariable]: cursorOf(source, event) }),
    selectionVariables: selectionVariables(prepared),
    tell: (item, variables) => {
      const fields = 'marker' in item ? markerFields(source, item, new Date()) : eventFields(source, item);
      // A subscription's operation is executed like a query's: aliases, fragments and directives included.
      const result = executeSync({
        schema: apiSchema,
        document: prepared.document,
        operationName: prepared.operation.name?.value,
        variableValues: variables,
        rootValue: { [field.name.value]: fields },
      });
      if (result.errors === undefined) return result;
      // It is the log that is wrong, not the client's document.
      const errors = result.errors.map(
        ({ message, path = null }) => new GraphQLError(message, { path, originalError: new Error(message) }),
      );
      return { ...result, errors };
    },
  };
}

/** Variables that stand in the client's document elsewhere than in the arguments of the subscription's field. */
function selectionVariables({ document, operation }: PreparedOperation): string[] {
  const names = new Set<string>();
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const roots = operation.selectionSet.selections.flatMap((selection) => [
    ...(selection.directives ?? []),
    ...(selection.kind === Kind.FRAGMENT_SPREAD ? [] : (selection.selectionSet?.selections ?? [])),
  ]);
  for (const part of [...roots, ...fragments]) {
    visit(part, { Variable: ({ name }) => void names.add(name.value) });
  }
  return [...names];
}

function operationOf(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('The plan has no operation.');
  return operation;
}

/** True when every field, through all fragments, is one that the log itself tells. */
function selectsOnly(
  facts: ReadonlySet<string>,
  selections: SelectionSetNode | undefined,
  document: DocumentNode,
): boolean {
  return (selections?.selections ?? []).every((selection) => {
    if (selection.kind === Kind.FIELD) return facts.has(selection.name.value);
    if (selection.kind === Kind.INLINE_FRAGMENT) return selectsOnly(facts, selection.selectionSet, document);
    const fragment = document.definitions.find(
      (definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
    );
    return fragment?.kind === Kind.FRAGMENT_DEFINITION && selectsOnly(facts, fragment.selectionSet, document);
  });
}

/** `subscription { contractEvents(…) {…} }` as `query { contractEvent(cursor: …) {…} }`, the selection untouched. */
function namedEventFetch(
  primary: FetchNode,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  field: FieldNode,
  { name: namedEvent, cursorVariable }: { readonly name: string; readonly cursorVariable: string },
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
          name: name(namedEvent),
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
