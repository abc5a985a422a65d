import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChargeGraphError, ManualClock } from '@chargegraph/service';
import { createAuthenticator, type Authenticator } from './authenticator.ts';
import type { Client } from './clients/client.ts';
import { callerWith } from './identity.fixture.ts';
import type { VerifiedToken } from './issuer.ts';

const start = new Date('2026-03-01T12:00:00.000Z');
const expires = start.getTime() / 1000 + 3_600;
const client: Client = { clientId: 'oem', name: 'Cars', caller: callerWith(['OEM'], { wmis: ['WVW'] }) };

describe('the token check', () => {
  const verify = vi.fn<(token: string) => Promise<VerifiedToken>>();
  const find = vi.fn<(clientId: string) => Promise<Client | undefined>>();
  const notUsed = () => {
    throw new Error('Not needed to check a token.');
  };
  let clock: ManualClock;
  let authenticator: Authenticator;
  let monotonic: number;

  beforeEach(() => {
    vi.resetAllMocks();
    monotonic = 1_000;
    // The age of cached rights is measured with it.
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic);
    verify.mockResolvedValue({ clientId: 'oem', expires });
    find.mockResolvedValue(client);
    clock = new ManualClock(start);
    authenticator = createAuthenticator({
      clock,
      issuer: { issue: notUsed, jwks: notUsed, verify },
      clients: { find },
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Time passes for the cache of rights, which looks at the time once a millisecond. */
  async function pass(milliseconds: number): Promise<void> {
    monotonic += milliseconds;
    await delay(5);
  }

  it('gives the caller and the end of its token in milliseconds', async () => {
    expect(await authenticator.authenticate('Bearer abc')).toEqual({
      caller: client.caller,
      expires: expires * 1000,
    });
    expect(verify).toHaveBeenCalledWith('abc');
    expect(find).toHaveBeenCalledWith('oem');
  });

  it('knows without asking only what it was just told, and not for longer than that holds', async () => {
    expect(authenticator.known('Bearer abc')).toBeUndefined();
    const told = await authenticator.authenticate('Bearer abc');
    expect(authenticator.known('Bearer abc')).toEqual(told);
    expect(authenticator.known('Bearer other')).toBeUndefined();
    expect(authenticator.known(undefined)).toBeUndefined();
    await pass(2_001);
    expect(authenticator.known('Bearer abc')).toBeUndefined();
    find.mockResolvedValue(undefined);
    await expect(authenticator.authenticate('Bearer abc')).rejects.toThrow('not enabled');
    expect(authenticator.known('Bearer abc')).toBeUndefined();
    await pass(2_001);
    find.mockResolvedValue(client);
    await authenticator.authenticate('Bearer abc');
    clock.advance(3_600_000);
    expect(authenticator.known('Bearer abc')).toBeUndefined();
  });

  it.each(['bearer abc', 'BEARER   abc  ', 'Bearer abc=='])('reads %j', async (header) => {
    await expect(authenticator.authenticate(header)).resolves.toMatchObject({ caller: client.caller });
  });

  it.each([
    undefined,
    '',
    'abc',
    'Bearer',
    'Bearer ',
    'Basic abc',
    'Bearerabc',
    'Bearer abc def',
    'Bearer a=b',
    'Bearer a,b',
    'Bearer abc\n',
    ' Bearer abc',
    'Bearer äbc',
  ])('refuses the header %j without looking any further', async (header) => {
    await expect(authenticator.authenticate(header)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('Authorization: Bearer') as unknown,
    });
    expect(verify).not.toHaveBeenCalled();
  });

  it('refuses a token that is too long, at once, however its header is made', async () => {
    await expect(authenticator.authenticate(`Bearer ${'a'.repeat(8_192)}`)).resolves.toBeDefined();
    verify.mockClear();
    const million = 1_000_000;
    for (const header of [
      `Bearer ${'a'.repeat(8_193)}`,
      `Bearer ${'a'.repeat(million)}!`,
      `Bearer ${' '.repeat(million)}`,
      `Bearer a${' '.repeat(million)}!`,
      `Bearer a${'='.repeat(million)}!`,
    ]) {
      await expect(authenticator.authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(verify).not.toHaveBeenCalled();
  });

  it('verifies a token once, and refuses it from the moment it ends', async () => {
    await authenticator.authenticate('Bearer abc');
    clock.advance(3_599_000);
    await authenticator.authenticate('Bearer abc');
    expect(verify).toHaveBeenCalledOnce();
    clock.advance(1_000);
    await expect(authenticator.authenticate('Bearer abc')).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('does not take one token for another', async () => {
    await authenticator.authenticate('Bearer abc');
    verify.mockRejectedValue(new ChargeGraphError('UNAUTHENTICATED', 'No.'));
    await expect(authenticator.authenticate('Bearer abcd')).rejects.toMatchObject({ message: 'No.' });
  });

  it('does not remember that a token was refused', async () => {
    verify.mockRejectedValueOnce(new Error('the database is away'));
    await expect(authenticator.authenticate('Bearer abc')).rejects.toThrow('the database is away');
    await expect(authenticator.authenticate('Bearer abc')).resolves.toMatchObject({ caller: client.caller });
  });

  it('reads a client’s rights once for many requests', async () => {
    await Promise.all([
      authenticator.authenticate('Bearer abc'),
      authenticator.authenticate('Bearer abc'),
      authenticator.authenticate('Bearer def'),
    ]);
    await pass(1_900);
    await authenticator.authenticate('Bearer abc');
    expect(find).toHaveBeenCalledOnce();
  });

  it('lets a change of rights act within two seconds', async () => {
    await authenticator.authenticate('Bearer abc');
    const changed = callerWith(['OEM'], { wmis: [] });
    find.mockResolvedValue({ ...client, caller: changed });
    await pass(2_001);
    expect((await authenticator.authenticate('Bearer abc')).caller).toBe(changed);
  });

  it('refuses the token of a disabled client within two seconds', async () => {
    await authenticator.authenticate('Bearer abc');
    find.mockResolvedValue(undefined);
    await pass(2_001);
    await expect(authenticator.authenticate('Bearer abc')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'The client of this access token is not enabled.',
    });
  });

  it('does not remember that rights could not be read', async () => {
    find.mockRejectedValueOnce(new Error('the database is away'));
    await expect(authenticator.authenticate('Bearer abc')).rejects.toThrow('the database is away');
    await expect(authenticator.authenticate('Bearer abc')).resolves.toMatchObject({ caller: client.caller });
  });
});
