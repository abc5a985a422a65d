import { decodeJwt, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '@chargegraph/service';
import { callerWith } from './identity.fixture.ts';
import { createInternalTokens, type InternalTokens } from './internal-tokens.ts';

const secret = Buffer.alloc(32, 1);
const caller = callerWith(['OEM', 'MO_EXTERNAL_PKI'], { wmis: ['WVW', 'WAU'], providerIds: ['DE8AA'] });
const invalid = { code: 'UNAUTHENTICATED', message: 'The internal token is not valid.' };

let clock: ManualClock;
let tokens: InternalTokens;

beforeEach(() => {
  clock = new ManualClock(new Date('2026-03-01T12:00:00.000Z'));
  tokens = createInternalTokens(secret, clock);
});

/** Signs claims as our own tokens are, changed. */
const signed = (claims: Record<string, unknown>, key: Uint8Array = secret, alg = 'HS256') => {
  const now = Math.floor(clock.now().getTime() / 1000);
  return new SignJWT({
    iss: 'urn:chargegraph:internal',
    aud: 'subgraphs',
    sub: 'x',
    org: 'x',
    roles: ['OPERATOR'],
    wmis: [],
    pids: [],
    exp: now + 60,
    ...claims,
  })
    .setProtectedHeader({ alg })
    .sign(key);
};

describe('a token between our own processes', () => {
  it('carries exactly the caller’s rights to another process', async () => {
    const token = await tokens.mint(caller, 'subgraphs');
    expect(await createInternalTokens(secret, clock).verify(token, 'subgraphs')).toEqual(caller);
    // A second time from the cache.
    expect(await tokens.verify(token, 'subgraphs')).toEqual(caller);
    expect(await tokens.verify(token, 'subgraphs')).toEqual(caller);
  });

  it('is refused for another audience, also when it is known already', async () => {
    const token = await tokens.mint(caller, 'subgraphs');
    await tokens.verify(token, 'subgraphs');
    await expect(tokens.verify(token, 'gateway')).rejects.toMatchObject(invalid);
  });

  it('is refused under another secret', async () => {
    const token = await createInternalTokens(Buffer.alloc(32, 2), clock).mint(caller, 'subgraphs');
    await expect(tokens.verify(token, 'subgraphs')).rejects.toMatchObject(invalid);
  });

  it('is refused when a part of it was changed', async () => {
    const token = await tokens.mint(caller, 'subgraphs');
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const more = Buffer.from(JSON.stringify({ ...claims, roles: ['OPERATOR'] })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const tampered of [
      `${header}.${more}.${signature}`,
      `${none}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -2)}`,
      `${header}.${payload}`,
      '',
      'x',
    ]) {
      await expect(tokens.verify(tampered, 'subgraphs')).rejects.toMatchObject(invalid);
    }
  });

  it.each([
    { iss: 'https://elsewhere.example' },
    { exp: undefined },
    { sub: undefined },
    { roles: 'OPERATOR' },
    { wmis: [1] },
    { pids: undefined },
  ])('is refused when it is signed with our secret but says %j', async (claims) => {
    await expect(signed({})).resolves.toBeTypeOf('string');
    await expect(tokens.verify(await signed({}), 'subgraphs')).resolves.toMatchObject({ clientId: 'x' });
    await expect(tokens.verify(await signed(claims), 'subgraphs')).rejects.toMatchObject(invalid);
  });

  it('is refused under another algorithm', async () => {
    const token = await signed({}, Buffer.alloc(64, 1), 'HS512');
    await expect(
      createInternalTokens(Buffer.alloc(64, 1), clock).verify(token, 'subgraphs'),
    ).rejects.toMatchObject(invalid);
  });

  it('ends after a minute, also when it was verified before', async () => {
    const token = await tokens.mint(caller, 'subgraphs');
    await tokens.verify(token, 'subgraphs');
    clock.advance(59_000);
    await expect(tokens.verify(token, 'subgraphs')).resolves.toEqual(caller);
    clock.advance(1_000);
    const ended = { code: 'TOKEN_EXPIRED', message: 'The internal token has ended.' };
    await expect(tokens.verify(token, 'subgraphs')).rejects.toMatchObject(ended);
    await expect(createInternalTokens(secret, clock).verify(token, 'subgraphs')).rejects.toMatchObject(ended);
  });

  it('is used again for the same rights as long as enough of its time is left', async () => {
    const first = await tokens.mint(caller, 'subgraphs');
    clock.advance(39_000);
    const again = { ...caller, wmis: new Set([...caller.wmis].reverse()) };
    expect(await tokens.mint(again, 'subgraphs')).toBe(first);
    clock.advance(1_000);
    const second = await tokens.mint(caller, 'subgraphs');
    expect(second).not.toBe(first);
    expect(decodeJwt(second).exp).toBe(Math.floor(clock.now().getTime() / 1000) + 60);
  });

  it('is not shared between callers, rights or audiences', async () => {
    const other = { ...caller, clientId: 'other' };
    const less = { ...caller, providerIds: new Set<string>() };
    const all = await Promise.all([
      tokens.mint(caller, 'subgraphs'),
      tokens.mint(caller, 'gateway'),
      tokens.mint(other, 'subgraphs'),
      tokens.mint(less, 'subgraphs'),
    ]);
    expect(new Set(all).size).toBe(4);
    expect(await tokens.verify(all[3], 'subgraphs')).toEqual(less);
  });

  it('is forgotten when many others were made since: the cache is bounded', async () => {
    const first = await tokens.mint(caller, 'subgraphs');
    clock.advance(1_000);
    for (let number = 0; number < 5_000; number++) {
      await tokens.mint({ ...caller, clientId: `client-${String(number)}` }, 'subgraphs');
    }
    expect(await tokens.mint(caller, 'subgraphs')).not.toBe(first);
  });

  it('needs a secret of at least 32 octets', () => {
    expect(() => createInternalTokens(Buffer.alloc(31, 1), clock)).toThrow('32 octets');
  });
});
