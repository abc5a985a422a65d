import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from './clients/client.ts';
import { callerWith, startIdentity, type TestIdentity } from './identity.fixture.ts';
import { openIssuer, type TokenIssuer } from './issuer.ts';

const masterKey = Buffer.alloc(32, 0xa7);
const address = 'https://graph.example';
const client: Client = {
  clientId: 'oem',
  name: 'Cars',
  caller: callerWith(['OEM'], { clientId: 'oem', wmis: ['WVW'] }),
};
const invalid = { code: 'UNAUTHENTICATED', message: 'The access token is not valid here.' };

describe('the token issuer', () => {
  let identity: TestIdentity;
  let issuer: TokenIssuer;

  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(async () => {
    await identity.stop();
  });
  beforeEach(async () => {
    await identity.clear();
    identity.clock.set(new Date('2026-03-01T12:00:00.000Z'));
    issuer = await open();
  });

  const open = (changes: { masterKey?: Uint8Array; issuer?: string; claimPrefix?: string } = {}) =>
    openIssuer({
      database: identity.database,
      clock: identity.clock,
      masterKey,
      issuer: address,
      tokenLifetime: 3_600,
      ...changes,
    });

  it('issues tokens that anyone can verify with its public keys', async () => {
    const { accessToken, expiresIn, scope } = await issuer.issue(client, 'https://opcp.example');
    expect(expiresIn).toBe(3_600);
    expect(scope.split(' ')).toContain('ccpservice');
    const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(issuer.jwks()), {
      issuer: address,
      audience: 'https://opcp.example',
      algorithms: ['ES256'],
      currentDate: identity.clock.now(),
    });
    expect(protectedHeader.kid).toBe(issuer.jwks().keys[0]?.kid);
    const now = identity.clock.now().getTime() / 1000;
    expect(payload).toMatchObject({ sub: 'oem', iat: now, exp: now + 3_600, roles: ['OEM'], wmis: ['WVW'] });
  });

  it('tells the rights as OPCP does, under names with the host before them', async () => {
    const operator: Client = {
      clientId: 'mo',
      name: 'Power',
      caller: callerWith(['OEM', 'MO_V2G_PKI', 'MO_EXTERNAL_PKI'], {
        wmis: ['WVW', 'WAU'],
        providerIds: ['DEXYZ', 'DEABC'],
      }),
    };
    const claims = (host: string) => ({
      [`${host}/role`]: ['MO_EXTERNAL_PKI', 'MO_HUBJECT_PKI', 'OEM'],
      [`${host}/pcid`]: ['WAU', 'WVW'],
      [`${host}/emaid`]: ['DEABC', 'DEXYZ'],
      [`${host}/client_name`]: ['Power'],
      scope: 'rcpservice pcpservice cpservice ccpservice',
      permissions: ['rcpservice', 'pcpservice', 'cpservice', 'ccpservice'],
      gty: 'client-credentials',
    });
    const tokenOf = async (opened: TokenIssuer) => decodeJwt((await opened.issue(operator)).accessToken);
    const behindPath = await open({ issuer: 'https://graph.example/auth' });
    expect(await tokenOf(behindPath)).toMatchObject(claims('https://graph.example'));
    const configured = await open({ claimPrefix: 'https://eu.example/' });
    expect(await tokenOf(configured)).toMatchObject(claims('https://eu.example'));
  });

  it('echoes several audiences as they are', async () => {
    const audiences = ['https://a.example', 'https://b.example'];
    expect(decodeJwt((await issuer.issue(client, audiences)).accessToken).aud).toEqual(audiences);
  });

  it('is the audience of its tokens when no other is asked for', async () => {
    const { accessToken } = await issuer.issue(client);
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(issuer.jwks()), {
      currentDate: identity.clock.now(),
    });
    expect(payload.aud).toBe(address);
  });

  it('verifies its own tokens, also those that another process issued', async () => {
    const { accessToken } = await issuer.issue(client);
    const expected = { clientId: 'oem', expires: identity.clock.now().getTime() / 1000 + 3_600 };
    expect(await issuer.verify(accessToken)).toEqual(expected);
    expect(await (await open()).verify(accessToken)).toEqual(expected);
  });

  it('publishes no private key', () => {
    const { keys } = issuer.jwks();
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('keeps its private key encrypted', async () => {
    const [row] = await identity.database.query<{ encrypted_private_key: string }>(
      'SELECT * FROM signing_key',
    );
    const stored = row?.encrypted_private_key ?? '';
    expect(decodeProtectedHeader(stored)).toEqual({ alg: 'dir', enc: 'A256GCM' });
    for (const part of stored.split('.')) {
      expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain('"d":');
    }
    expect(JSON.stringify(row)).not.toContain('"d"');
  });

  it('makes its first key once, when several processes open it at the same time', async () => {
    await identity.clear();
    const opened = await Promise.all([open(), open(), open(), open()]);
    const kids = opened.map((each) => each.jwks().keys.map(({ kid }) => kid));
    expect(new Set(kids.flat()).size).toBe(1);
    const { accessToken } = await opened[0].issue(client);
    for (const each of opened) expect(await each.verify(accessToken)).toMatchObject({ clientId: 'oem' });
    expect(await identity.database.query('SELECT kid FROM signing_key')).toHaveLength(1);
  });

  it('refuses another master key with a sentence that holds no key', async () => {
    const other = Buffer.alloc(32, 0xb8);
    const failure = await open({ masterKey: other }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    const { message, cause } = failure as Error;
    expect(message).toBe(
      'The master key does not decrypt the token signing key: it is not the one it was made with.',
    );
    expect(cause).toBeUndefined();
    const shown = `${message} ${String((failure as Error).stack)}`;
    for (const key of [masterKey, other]) {
      for (const encoding of ['base64', 'base64url', 'hex'] as const)
        expect(shown).not.toContain(key.toString(encoding));
    }
    expect(await identity.database.query('SELECT kid FROM signing_key')).toHaveLength(1);
  });

  it('verifies tokens under a key that another process made since', async () => {
    const old = issuer;
    const former = await old.issue(client);
    // Another gateway replaces the key.
    const [row] = await identity.database.query<{ kid: string }>('SELECT kid FROM signing_key');
    await identity.database.execute("UPDATE signing_key SET kid = 'moved' WHERE kid = $1", [row?.kid]);
    await identity.database.execute('DELETE FROM signing_key');
    const newer = await open();
    const { accessToken } = await newer.issue(client);
    expect(await old.verify(accessToken)).toMatchObject({ clientId: 'oem' });
    expect(old.jwks()).toEqual(newer.jwks());
    await expect(newer.verify(former.accessToken)).rejects.toMatchObject(invalid);
  });

  it('refuses a token that has ended', async () => {
    const { accessToken } = await issuer.issue(client);
    identity.clock.advance(3_599_000);
    await expect(issuer.verify(accessToken)).resolves.toMatchObject({ clientId: 'oem' });
    identity.clock.advance(1_000);
    await expect(issuer.verify(accessToken)).rejects.toMatchObject({
      code: 'TOKEN_EXPIRED',
      message: 'The access token has ended.',
    });
  });

  it('refuses a token of another issuer, under the same key too', async () => {
    const other = await open({ issuer: 'https://elsewhere.example' });
    await expect(issuer.verify((await other.issue(client)).accessToken)).rejects.toMatchObject(invalid);
  });

  it('refuses a token that another key signed under our key’s id', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const kid = issuer.jwks().keys[0]?.kid ?? '';
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(address)
      .setSubject('oem')
      .setExpirationTime(identity.clock.now().getTime() / 1000 + 60)
      .sign(privateKey);
    await expect(issuer.verify(forged)).rejects.toMatchObject(invalid);
  });

  it('refuses a token that brings its own key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey), kid: 'mine' })
      .setIssuer(address)
      .setSubject('oem')
      .setExpirationTime(identity.clock.now().getTime() / 1000 + 60)
      .sign(privateKey);
    await expect(issuer.verify(forged)).rejects.toMatchObject(invalid);
  });

  it('refuses a token under an algorithm that is not its own', async () => {
    const key = issuer.jwks().keys[0];
    const kid = key?.kid ?? '';
    const symmetric = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', kid })
      .setIssuer(address)
      .setSubject('oem')
      .setExpirationTime(identity.clock.now().getTime() / 1000 + 60)
      .sign(Buffer.from(JSON.stringify(key)));
    await expect(issuer.verify(symmetric)).rejects.toMatchObject(invalid);
    const { accessToken } = await issuer.issue(client);
    const none = Buffer.from(JSON.stringify({ alg: 'none', kid })).toString('base64url');
    await expect(issuer.verify(`${none}.${accessToken.split('.')[1] ?? ''}.`)).rejects.toMatchObject(invalid);
  });

  it('refuses a token whose claims were changed', async () => {
    const { accessToken } = await issuer.issue(client);
    const [header, payload = '', signature] = accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'operator' })).toString('base64url');
    await expect(issuer.verify(`${header ?? ''}.${other}.${signature ?? ''}`)).rejects.toMatchObject(invalid);
  });

  it('refuses anything else, whatever it is, as a token that is not valid', async () => {
    const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
    const header = fc
      .dictionary(
        fc.constantFrom('alg', 'kid', 'crit', 'b64', 'typ', 'jwk', 'enc'),
        fc.oneof(fc.constantFrom('ES256', 'none'), fc.jsonValue()),
      )
      .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    const jws = fc
      .tuple(fc.oneof(json, header), fc.oneof(json, fc.base64String()), fc.base64String())
      .map((parts) => parts.join('.'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), jws), async (token) => {
        await expect(issuer.verify(token)).rejects.toMatchObject(invalid);
      }),
      { numRuns: 300 },
    );
  });

  it('says so when the database does not answer, which is no fault of the token', async () => {
    const broken = {
      ...identity.database,
      query: () => Promise.reject(new Error('connection refused')),
    };
    await expect(
      openIssuer({
        database: broken,
        clock: identity.clock,
        masterKey,
        issuer: address,
        tokenLifetime: 60,
      }),
    ).rejects.toThrow('connection refused');
  });
});
