import { getArgumentValues, getVariableValues, Kind } from 'graphql';
import { ChargeGraphError } from '@chargegraph/service';
import type { Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { Supergraph } from '../graph/supergraph.ts';

/** A subscription's one field. */
export interface OpenedSubscription {
  readonly field: string;
  /** Its arguments, with the variables put in. */
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Reads a subscription's one field.
 *
 * @throws ChargeGraphError BAD_INPUT when the field stands in a fragment, or under a condition (a subscription to nothing
 *   would be open and tell nothing; GraphQL, September 2025, section 5.2.4.1)
 */
export function openedSubscription(
  prepared: PreparedOperation,
  variables: Variables,
  { apiSchema }: Supergraph,
): OpenedSubscription {
  const [field] = prepared.operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD) {
    throw new ChargeGraphError('BAD_INPUT', 'Write the subscription’s field itself, not a fragment with it.');
  }
  const condition = field.directives?.find(({ name }) => ['skip', 'include'].includes(name.value));
  if (condition !== undefined) {
    const directive = `@${condition.name.value}`;
    throw new ChargeGraphError('BAD_INPUT', `The subscription’s field itself takes no ${directive}.`);
  }
  const definition = apiSchema.getSubscriptionType()?.getFields()[field.name.value];
  if (definition === undefined) throw new ChargeGraphError('BAD_INPUT', 'There is no such subscription.');
  const coerced = getVariableValues(apiSchema, prepared.operation.variableDefinitions ?? [], variables);
  return { field: field.name.value, args: getArgumentValues(definition, field, coerced.coerced ?? {}) };
}
