import { describe, expect, it } from 'vitest';
import { startFixture } from './fixture-process.fixture.ts';
import { silentLogger } from './logger.ts';

const secrets = {
  authorization: 'Bearer hunter2',
  password: 'hunter2',
  secret: 'hunter2',
  clientSecret: 'hunter2',
  client_secret: 'hunter2',
  access_token: 'hunter2',
  token: 'hunter2',
  privateKey: 'hunter2',
  passphrase: 'hunter2',
};

describe('a logger', () => {
  it('writes lines of JSON to the standard error, without secrets, wherever they stand, two levels deep', async () => {
    const fields = { ...secrets, shown: 1, one: { ...secrets, shown: 2, two: { ...secrets, shown: 3 } } };
    const { stdout, stderr } = await startFixture('logger.fixture.ts', JSON.stringify(fields)).ended;
    expect(stdout).toBe('');
    expect(stderr).not.toContain('hunter2');
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(2);
    const redacted = Object.fromEntries(Object.keys(secrets).map((name) => [name, '[redacted]']));
    const expected = {
      ...redacted,
      name: 'fixture',
      shown: 1,
      one: { ...redacted, shown: 2, two: { ...redacted, shown: 3 } },
    };
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...expected, msg: 'said' });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ ...expected, part: 'child', msg: 'said by a part' });
  });

  it('writes lines for humans to the standard error, without secrets too', async () => {
    const { stdout, stderr } = await startFixture(
      'logger.fixture.ts',
      JSON.stringify({ one: { two: secrets } }),
      'pretty',
    ).ended;
    expect(stdout).toBe('');
    expect(stderr).toContain('said by a part');
    expect(stderr).toContain('[redacted]');
    expect(stderr).not.toContain('hunter2');
  });

  it('of unit tests says nothing', () => {
    expect(silentLogger.isLevelEnabled('fatal')).toBe(false);
  });
});
