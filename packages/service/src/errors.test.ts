import { describe, expect, it } from 'vitest';
import { ChargeGraphError, errorCodes, isExpectedRefusal } from './errors.ts';

describe('a refusal', () => {
  it('carries its code, its sentence, the field it is about and the error underneath', () => {
    const cause = new Error('underneath');
    const error = new ChargeGraphError('BAD_INPUT', 'It is wrong.', { path: ['roles', '0'], cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      code: 'BAD_INPUT',
      message: 'It is wrong.',
      inputPath: ['roles', '0'],
      cause,
    });
  });

  it('has no member "path", which graphql-js would take for its own', () => {
    expect('path' in new ChargeGraphError('BAD_INPUT', 'It is wrong.', { path: ['pcid'] })).toBe(false);
  });

  it('has no cause when none is given', () => {
    expect('cause' in new ChargeGraphError('INTERNAL', 'It broke.')).toBe(false);
  });

  it('is foreseen by the rules unless it is about authentication, a limit, a cursor or a fault', () => {
    const foreseen = errorCodes.filter((code) => isExpectedRefusal(new ChargeGraphError(code, 'No.')));
    const others = errorCodes.filter((code) => !foreseen.includes(code));
    expect(others).toEqual([
      'UNAUTHENTICATED',
      'TOKEN_EXPIRED',
      'FORBIDDEN',
      'PAYLOAD_TOO_LARGE',
      'LIMIT_EXCEEDED',
      'CURSOR_INVALID',
      'CURSOR_EXPIRED',
      'DEADLINE_EXCEEDED',
      'UNAVAILABLE',
      'INTERNAL',
    ]);
  });

  it.each([
    new Error('No.'),
    { code: 'BAD_INPUT', message: 'No.' },
    Object.assign(new Error('No.'), { code: 'BAD_INPUT' }),
    undefined,
    null,
  ])('is not foreseen when it is not one of ours: %j', (error) => {
    expect(isExpectedRefusal(error)).toBe(false);
  });
});
