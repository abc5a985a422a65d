import { expect } from 'vitest';
import { responseOf, type InstallationAnswer } from './scene.ts';

/** Expects the negative response with this code, unsigned and with the session id of the tests' requests. */
export function expectRefusal(
  answer: InstallationAnswer,
  outcome: string,
  responseCode: string,
  reason: RegExp,
): void {
  expect(answer).toMatchObject({ outcome, emaid: null, userErrors: [] });
  expect(answer.reason).toMatch(reason);
  const { header, body } = responseOf(answer);
  expect(body.responseCode).toBe(responseCode);
  expect(header.signature).toBeUndefined();
  expect([...header.sessionId]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
}
