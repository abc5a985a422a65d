import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import {
  GraphQLError,
  MaxIntrospectionDepthRule,
  parse,
  specifiedRules,
  type DocumentNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { GatewayLimits } from '../limits/gateway-limits.ts';

/** A refusal that a limit makes before anything runs. */
export const limitExceeded = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });

/** Whether an error is one of those. */
export const isLimitExceeded = ({ extensions }: GraphQLError): boolean =>
  extensions['code'] === 'LIMIT_EXCEEDED';

/** What validation itself gave up on: graphql-js compares fields of one name with one another, and only so many. */
export const asLimit = (error: GraphQLError): GraphQLError =>
  error.message === 'Validation aborted.'
    ? limitExceeded('The operation repeats fields so often that they cannot be compared: write each once.')
    : error;

/**
 * Parses a document of at most so many tokens.
 *
 * @throws GraphQLError the syntax error, or LIMIT_EXCEEDED
 */
export function parseWithin(query: string, { maxTokens }: Pick<GatewayLimits, 'maxTokens'>): DocumentNode {
  try {
    return maxTokens > 0 ? parse(query, { maxTokens }) : parse(query);
  } catch (error) {
    // graphql-js has no other sign for it than its sentence.
    if (error instanceof GraphQLError && error.message.includes('tokens. Parsing aborted')) {
      throw limitExceeded(`The document has more than ${maxTokens} tokens, the most that is allowed.`);
    }
    throw error;
  }
}

/** GraphQL's own validation rules and those of the limits, whose refusals are LIMIT_EXCEEDED. */
export function validationRules(
  limits: Pick<GatewayLimits, 'maxDepth' | 'maxAliases' | 'maxDirectives'>,
): ValidationRule[] {
  const rules = specifiedRules.map((rule) =>
    // `{ __schema { types { fields { type { fields …`: the answer grows with every level.
    rule === MaxIntrospectionDepthRule ? withCode(rule) : rule,
  );
  if (limits.maxDepth > 0) {
    rules.push(
      maxDepthRule({
        n: limits.maxDepth,
        // The explorer's introspection query nests deeper than any real one; it touches no data.
        ignoreIntrospection: true,
        flattenFragments: true,
        ...reporting,
      }),
    );
  }
  if (limits.maxAliases > 0) rules.push(maxAliasesRule({ n: limits.maxAliases, ...reporting }));
  if (limits.maxDirectives > 0) rules.push(maxDirectivesRule({ n: limits.maxDirectives, ...reporting }));
  return rules;
}

/** The rules' refusals, "Syntax Error: Aliases limit of 50 exceeded, found 51.", are reported, not thrown. */
const reporting = {
  exposeLimits: true,
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) => {
      context?.reportError(limitExceeded(message.replace(/^Syntax Error: /, '')));
    },
  ],
};

function withCode(rule: ValidationRule): ValidationRule {
  return (context) =>
    rule(
      Object.create(context, {
        reportError: {
          value: ({ message, nodes }: GraphQLError) => {
            context.reportError(
              new GraphQLError(message, { nodes: nodes ?? null, extensions: { code: 'LIMIT_EXCEEDED' } }),
            );
          },
        },
      }) as ValidationContext,
    );
}
