import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, parseConfig } from './config.ts';

const schema = z.object({
  CHARGEGRAPH_PORT: z.coerce.number().int().min(1).max(65_535).default(4_000),
  CHARGEGRAPH_URL: z.url(),
  CHARGEGRAPH_SECRET: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  CHARGEGRAPH_LEVEL: z.enum(['info', 'debug']),
});
const right = {
  CHARGEGRAPH_URL: 'http://127.0.0.1',
  CHARGEGRAPH_SECRET: `${'A'.repeat(43)}=`,
  CHARGEGRAPH_LEVEL: 'info',
};

function refusalOf(environment: Record<string, string>): string {
  try {
    parseConfig(schema, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
}

describe('the settings of a process', () => {
  it('are read with their types and defaults, and other variables are left alone', () => {
    expect(parseConfig(schema, { ...right, HOME: '/root' })).toEqual({ ...right, CHARGEGRAPH_PORT: 4_000 });
    expect(parseConfig(schema, { ...right, CHARGEGRAPH_PORT: '4001' }).CHARGEGRAPH_PORT).toBe(4_001);
  });

  it('are refused with one sentence for each variable that is missing or wrong, and for no other', () => {
    const sentences = refusalOf({
      CHARGEGRAPH_PORT: '65536',
      CHARGEGRAPH_LEVEL: 'info',
      CHARGEGRAPH_SECRET: 'short',
    }).split('\n');
    expect(sentences).toHaveLength(3);
    expect(sentences).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^CHARGEGRAPH_PORT is wrong: /),
        expect.stringMatching(/^CHARGEGRAPH_URL is not set: /),
        expect.stringMatching(/^CHARGEGRAPH_SECRET is wrong: /),
      ]),
    );
  });

  it('are refused without repeating a value, which may be a secret', () => {
    const message = refusalOf({
      CHARGEGRAPH_PORT: 'hunter2',
      CHARGEGRAPH_URL: 'hunter2',
      CHARGEGRAPH_SECRET: 'hunter2',
      CHARGEGRAPH_LEVEL: 'hunter2',
    });
    expect(message.split('\n')).toHaveLength(4);
    expect(message).not.toContain('hunter2');
  });

  it('tell a variable that is empty from one that is not set', () => {
    expect(refusalOf({ ...right, CHARGEGRAPH_URL: '' })).toMatch(/^CHARGEGRAPH_URL is wrong: /);
  });
});
