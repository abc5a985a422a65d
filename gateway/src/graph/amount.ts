import { Kind, valueFromASTUntyped, type DirectiveNode, type OperationDefinitionNode } from 'graphql';
import type { Variables } from './executor.ts';

/**
 * A number that is known from the document, or once the variables are, defaults included: what is known is worked out
 * once.
 */
export type Amount = number | ((variables: Variables) => number);

/** An amount for given variables. */
export const amountOf = (amount: Amount, variables: Variables): number =>
  typeof amount === 'number' ? amount : amount(variables);

/** The sum of two amounts. */
export function plus(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return (variables) => amountOf(a, variables) + amountOf(b, variables);
}

/** The product of two amounts. */
export function times(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 0 || b === 0) return 0;
  if (a === 1) return b;
  if (b === 1) return a;
  return (variables) => amountOf(a, variables) * amountOf(b, variables);
}

/** Makes the function that puts an operation's defaults beside what a client sent. */
export function withDefaults(operation: OperationDefinitionNode): (variables: Variables) => Variables {
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue !== undefined) defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  if (Object.keys(defaults).length === 0) return (variables) => variables;
  return (variables) => ({ ...defaults, ...variables });
}

/** 1 when `@skip` and `@include` leave a selection in, 0 when one of them leaves it out. */
export function taken(directives: readonly DirectiveNode[] = []): Amount {
  return directives.reduce<Amount>((so, { name, arguments: given }) => {
    const condition = given?.find((argument) => argument.name.value === 'if')?.value;
    if (condition === undefined || !['skip', 'include'].includes(name.value)) return so;
    const wanted = name.value === 'include';
    const factor: Amount =
      condition.kind === Kind.VARIABLE
        ? (variables) => Number((variables[condition.name.value] === true) === wanted)
        : Number((valueFromASTUntyped(condition) === true) === wanted);
    return times(so, factor);
  }, 1);
}
