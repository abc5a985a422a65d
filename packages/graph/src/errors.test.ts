import { GraphQLError } from 'graphql';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChargeGraphError, errorCodes, isExpectedRefusal, silentLogger } from '@chargegraph/service';
import { formatGraphQLError, toUserError, withUserErrors } from './errors.ts';
import { subgraphSdl } from './sdl.ts';

describe('an error as a client sees it', () => {
  const logger = silentLogger.child({});
  const logged = vi.spyOn(logger, 'error');

  beforeEach(() => {
    logged.mockClear();
  });

  const format = (error: GraphQLError) => formatGraphQLError(error, 'trace-1', logger);
  const thrownBy = (originalError: Error) =>
    new GraphQLError('failed', { originalError, path: ['contract', 0] });

  it('shows the sentence, code and argument of one of ours, and never its cause', () => {
    const error = new ChargeGraphError('FORBIDDEN', 'You may not.', {
      path: ['where', 'pcid'],
      cause: new Error('hunter2'),
    });
    expect(format(thrownBy(error))).toEqual({
      message: 'You may not.',
      path: ['contract', 0],
      extensions: { code: 'FORBIDDEN', argument: ['where', 'pcid'], traceId: 'trace-1' },
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it('says "internal error" with the trace id, and nothing else, of one that is unknown, and logs it', () => {
    const error = Object.assign(new Error('password=hunter2'), { code: '28P01', detail: 'hunter2' });
    expect(format(thrownBy(error))).toEqual({
      message: 'internal error',
      path: ['contract', 0],
      extensions: { code: 'INTERNAL', traceId: 'trace-1' },
    });
    expect(logged).toHaveBeenCalledOnce();
    expect(logged.mock.lastCall?.[0]).toMatchObject({ traceId: 'trace-1', err: error });
  });

  it('does not take the codes of others for ours', () => {
    const foreign = new GraphQLError('connect ECONNREFUSED 10.0.0.7:4001', {
      extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', serviceName: 'ccp' },
    });
    expect(format(foreign)).toEqual({
      message: 'internal error',
      extensions: { code: 'INTERNAL', traceId: 'trace-1' },
    });
    expect(logged.mock.lastCall?.[0]).toMatchObject({ traceId: 'trace-1', err: foreign });
  });

  it('logs a fault of ours that it shows', () => {
    expect(format(thrownBy(new ChargeGraphError('INTERNAL', 'It broke.'))).extensions['code']).toBe(
      'INTERNAL',
    );
    expect(logged).toHaveBeenCalledOnce();
  });

  it('shows graphql-js’s own sentence with its place as bad input', () => {
    const error = new GraphQLError('Syntax Error: Unexpected <EOF>.', { positions: [3], source: undefined });
    expect(format(error)).toEqual({
      message: 'Syntax Error: Unexpected <EOF>.',
      extensions: { code: 'BAD_INPUT', traceId: 'trace-1' },
    });
    const nested = new GraphQLError('Variable "$a" got invalid value.', {
      originalError: new GraphQLError('bad'),
    });
    expect(format(nested)).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  });

  it('of a pool keeps its code and shows nothing else of its extensions', () => {
    const error = new GraphQLError('No.', {
      path: ['contract'],
      extensions: { code: 'NOT_FOUND', traceId: 'another', stacktrace: ['hunter2'], serviceName: 'ccp' },
    });
    expect(format(error)).toEqual({
      message: 'No.',
      path: ['contract'],
      extensions: { code: 'NOT_FOUND', traceId: 'trace-1' },
    });
  });
});

describe('a mutation', () => {
  const empty = { contract: null };

  it('that succeeds has no user errors', async () => {
    expect(await withUserErrors(empty, () => Promise.resolve({ contract: null }))).toEqual({
      contract: null,
      userErrors: [],
    });
  });

  it('reports every foreseen refusal as a user error, with its path under input', async () => {
    const expected = errorCodes.filter((code) => isExpectedRefusal(new ChargeGraphError(code, '')));
    for (const code of expected) {
      const refusal = new ChargeGraphError(code, 'No.', { path: ['pcid'] });
      expect(await withUserErrors(empty, () => Promise.reject(refusal))).toEqual({
        contract: null,
        userErrors: [{ message: 'No.', path: ['input', 'pcid'], code }],
      });
    }
  });

  it('throws everything else on', async () => {
    for (const error of [new ChargeGraphError('FORBIDDEN', 'No.'), new Error('broken')]) {
      await expect(withUserErrors(empty, () => Promise.reject(error))).rejects.toBe(error);
    }
  });

  it('reports a refusal about no field without a path', () => {
    expect(toUserError(new ChargeGraphError('NOT_FOUND', 'No.')).path).toBeNull();
  });

  it('can report exactly the codes that the schema has', () => {
    const sdl = subgraphSdl('ccp');
    const body = /enum UserErrorCode \{([^}]*)\}/.exec(sdl)?.[1] ?? '';
    const inSchema = [...body.replace(/"[^"]*"/g, '').matchAll(/[A-Z_]+/g)].map(([code]) => code);
    const foreseen = errorCodes.filter((code) => isExpectedRefusal(new ChargeGraphError(code, '')));
    expect(inSchema.sort()).toEqual([...foreseen].sort());
  });
});
