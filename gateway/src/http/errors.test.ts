import { describe, expect, it } from 'vitest';
import { ChargeGraphError, errorCodes } from '@chargegraph/service';
import { httpStatus, showError } from './errors.ts';

const fastifyError = (statusCode: unknown) => Object.assign(new Error('hunter2'), { statusCode });

describe('an error on the HTTP doors', () => {
  it('of ours shows its code, its sentence and the status of its kind', () => {
    for (const code of errorCodes.filter((each) => each !== 'INTERNAL')) {
      expect(showError(new ChargeGraphError(code, 'No.', { cause: new Error('hunter2') }))).toEqual({
        status: httpStatus[code],
        code,
        message: 'No.',
      });
      expect(httpStatus[code]).toBeGreaterThanOrEqual(400);
      expect(httpStatus[code]).toBeLessThan(600);
    }
  });

  it.each([
    ['UNAUTHENTICATED', 401],
    ['TOKEN_EXPIRED', 401],
    ['FORBIDDEN', 403],
    ['NOT_FOUND', 404],
    ['EXI_INVALID', 400],
    ['PAYLOAD_TOO_LARGE', 413],
    ['LIMIT_EXCEEDED', 429],
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 503],
    ['INTERNAL', 500],
  ] as const)('of the kind %s has the status %i', (code, status) => {
    expect(showError(new ChargeGraphError(code, 'No.')).status).toBe(status);
  });

  it.each([
    [413, 413, 'PAYLOAD_TOO_LARGE'],
    [415, 415, 'BAD_INPUT'],
    [400, 400, 'BAD_INPUT'],
    [500, 500, 'INTERNAL'],
    [302, 500, 'INTERNAL'],
    ['400', 500, 'INTERNAL'],
  ])('of the web server with the status %j is shown as %i %s, in our words', (thrown, status, code) => {
    expect(showError(fastifyError(thrown))).toMatchObject({ status, code });
    expect(showError(fastifyError(thrown)).message).not.toContain('hunter2');
  });

  it.each([
    new Error('hunter2'),
    new ChargeGraphError('INTERNAL', 'hunter2'),
    'hunter2',
    undefined,
    null,
    { statusCode: 400, message: 'hunter2' },
  ])('that is unknown is an internal error and nothing more: %j', (error) => {
    expect(showError(error)).toEqual({ status: 500, code: 'INTERNAL', message: 'internal error' });
  });
});
