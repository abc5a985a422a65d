import { getArgumentValues, getVariableValues, Kind } from 'graphql';
import { ChargeGraphError } from '@chargegraph/service';
import type { Variables } from '../graph/executor.ts';
import type { PreparedOperation } from '../graph/operation.ts';
import type { Supergraph } from '../graph/supergraph.ts';

/**
 * The arguments of a subscription's one field, with the variables put in.
 *
 * @throws ChargeGraphError BAD_INPUT when the field stands in a fragment
 */
export function subscriptionArguments(
  prepared: PreparedOperation,
  variables: Variables,
  { apiSchema }: Supergraph,
): Readonly<Record<string, unknown>> {
  const [field] = prepared.operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD) {
    throw new ChargeGraphError('BAD_INPUT', 'Write the subscription’s field itself, not a fragment with it.');
  }
  const definition = apiSchema.getSubscriptionType()?.getFields()[field.name.value];
  if (definition === undefined) throw new ChargeGraphError('BAD_INPUT', 'There is no such subscription.');
  const coerced = getVariableValues(apiSchema, prepared.operation.variableDefinitions ?? [], variables);
  return getArgumentValues(definition, field, coerced.coerced ?? {});
}
