import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendOpcpError, showError } from '../http/errors.ts';
import { validatorOptions } from './door.ts';
import { validationRefusal } from './validation-sentences.ts';

const schema = {
  type: 'object',
  required: ['pcid'],
  properties: {
    pcid: { type: 'string', minLength: 1, pattern: '^[A-Z]+$', 'x-documented-pattern': '^[a-zA-Z]+$' },
    kind: { type: 'string', pattern: '^(a|b)$', 'x-allowed': ['A', 'B'] },
    side: { enum: ['left', 'right'] },
    data: {
      type: 'object',
      required: ['key'],
      properties: { key: { type: 'string', minLength: 3, maxLength: 5 }, 'a/b': { type: 'number' } },
    },
    list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    other: { multipleOf: 2 },
  },
};

describe('what the contract holds against a request', () => {
  const server = fastify({ ajv: validatorOptions });
  beforeAll(() => {
    server.setSchemaErrorFormatter(validationRefusal);
    server.setErrorHandler((error, request, reply) => sendOpcpError(reply, showError(error), request.id));
    server.post('/', { schema: { body: schema } }, ({ body }) => body);
  });
  afterAll(() => server.close());

  const cases: [unknown, string][] = [
    [{}, 'pcid : must not be blank'],
    [{ pcid: '' }, 'pcid : must not be blank'],
    [{ pcid: 'a1' }, 'pcid : must match "^[a-zA-Z]+$"'],
    [{ pcid: 'A', kind: 'c' }, 'kind : must be one of A, B'],
    [{ pcid: 'A', side: 'up' }, 'side : must be one of left, right'],
    [{ pcid: 'A', data: {} }, 'data.key : must not be blank'],
    [{ pcid: 'A', data: { key: 'ab' } }, 'data.key : must have at least 3 characters'],
    [{ pcid: 'A', data: { key: 'abcdef' } }, 'data.key : must have at most 5 characters'],
    [{ pcid: 'A', data: { key: 'abc', 'a/b': 'x' } }, 'data.a/b : must be a number'],
    [{ pcid: 'A', data: 1 }, 'data : must be an object'],
    [{ pcid: 'A', list: [] }, 'list : must have at least 1 entries'],
    [{ pcid: 'A', list: ['a', 'b', 'c'] }, 'list : must have at most 2 entries'],
    [{ pcid: 'A', list: [{}] }, 'list.0 : must be a string'],
    [{ pcid: 'A', other: 3 }, 'other : is malformed'],
    [[], 'The body must be a JSON object.'],
  ];
  it.each(cases)('of %j is said in OPCP’s manner', async (payload, sentence) => {
    const answer = await server.inject({ method: 'POST', url: '/', payload: payload as object });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ errorMessages: [sentence] });
  });

  it('is nothing when a number comes as text, or text as a number', async () => {
    const payload = { pcid: 'A', data: { key: 123, 'a/b': '4' } };
    const answer = await server.inject({ method: 'POST', url: '/', payload });
    expect(answer.json()).toEqual({ pcid: 'A', data: { key: '123', 'a/b': 4 } });
  });
});
