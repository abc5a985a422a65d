import { buildSchema, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { PreparedOperation } from '../graph/operation.ts';
import type { Supergraph } from '../graph/supergraph.ts';
import { openedSubscription } from './arguments.ts';

const apiSchema = buildSchema(`
  type Query { a: Int }
  type Subscription { told(after: String, markers: Boolean = false): Int }
`);

function open(text: string, variables: Record<string, unknown> = {}) {
  const operation = parse(text).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return openedSubscription({ operation } as unknown as PreparedOperation, variables, {
    apiSchema,
  } as Supergraph);
}

describe('the field of a subscription', () => {
  it('is read with its arguments, variables and defaults put in, whatever it is called', () => {
    expect(open('subscription ($c: String) { x: told(after: $c) }', { c: 'here' })).toEqual({
      field: 'told',
      args: { after: 'here', markers: false },
    });
  });

  it.each(['@skip(if: true)', '@skip(if: false)', '@include(if: false)'])('takes no %s', (condition) => {
    const sentence = `The subscription’s field itself takes no ${condition.split('(')[0]}.`;
    expect(() => open(`subscription { told ${condition} }`)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: sentence }),
    );
  });

  it.each([
    [
      'subscription { ... on Subscription { told } }',
      'Write the subscription’s field itself, not a fragment with it.',
    ],
    [
      'subscription { ...F } fragment F on Subscription { told }',
      'Write the subscription’s field itself, not a fragment with it.',
    ],
    ['subscription { other }', 'There is no such subscription.'],
  ])('is refused in %s', (text, sentence) => {
    expect(() => open(text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', message: sentence }));
  });
});
