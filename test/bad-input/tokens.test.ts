import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { accessToken, send } from '../harness/http.ts';
import { snapshotOf, type Snapshot } from '../harness/snapshot.ts';
import { clientNamed, issueToken } from '../harness/tokens.ts';
import { knock } from '../harness/websocket.ts';

const root =
  'mutation { addRootCertificate(input: { certificate: "x", type: V2G }) { userErrors { code } } }';
const traceId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

describe('a token that does not count', () => {
  let world: TestEcosystem;
  let before: Snapshot;
  let tokens: Record<string, string>;
  let ended: string;

  beforeAll(async () => {
    world = await startTestEcosystem();
    const operator = await clientNamed(world, 'demo-operator');
    const genuine = await accessToken(world.url, world.credentials['demo-operator']);
    ended = await issueToken(world, operator, { lifetime: -1 });
    tokens = {
      ...(await forgeries(genuine)),
      'a genuine one of another issuer': await issueToken(world, operator, {
        lifetime: 600,
        issuer: 'https://elsewhere.example',
      }),
      'one of a client that is gone': await issueToken(
        world,
        { ...operator, clientId: 'ghost' },
        { lifetime: 600 },
      ),
    };
    before = await snapshotOf(world.databaseUrl);
  });
  afterAll(() => world.stop());

  /** Tokens that somebody without the signing key could make of a genuine one. */
  async function forgeries(genuine: string): Promise<Record<string, string>> {
    const claims = decodeJwt(genuine);
    const header = decodeProtectedHeader(genuine);
    const { keys } = JSON.parse(
      (await send(`${world.url}/.well-known/jwks.json`, { method: 'GET' })).text,
    ) as {
      keys: JsonWebKey[];
    };
    const publicPem = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [head = '', body = '', signature = ''] = genuine.split('.');
    const operatorClaims = Buffer.from(JSON.stringify({ ...claims, exp: (claims.exp ?? 0) + 1 })).toString(
      'base64url',
    );
    const signWithHmac = (secret: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: header.kid ?? '' })
        .sign(Buffer.from(secret));
    return {
      'no JWT': 'nonsense',
      'one of dots': '..',
      'one with a body that was changed': `${head}.${operatorClaims}.${signature}`,
      'one without its signature': `${head}.${body}.`,
      'one of 10,000 characters': `${head}.${body}.${'A'.repeat(10_000)}`,
      'one signed with another key under the same key id': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: header.kid ?? '' })
        .sign(privateKey),
      'one that brings its own key': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
        .sign(privateKey),
      'one with an unknown key id': await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'unknown' })
        .sign(privateKey),
      'one with alg none': new UnsecuredJWT(claims).encode(),
      'one with the public key as HMAC secret (PEM)': await signWithHmac(publicPem.toString()),
      'one with the public key as HMAC secret (JWK)': await signWithHmac(JSON.stringify(keys[0])),
    };
  }

  const refusedOnGraphql = async (token: string | undefined, code: string): Promise<void> => {
    const answer = await send(`${world.url}/graphql`, { token, body: { query: root } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.json).toEqual({
      errors: [{ message: expect.stringMatching(/token/), extensions: { code, traceId } }],
    });
  };
  const refusedOnRest = async (token: string | undefined): Promise<void> => {
    const answer = await send(`${world.url}/v1/ccp/signedContractData`, {
      token,
      body: { certificateInstallationReq: 'AAAA' },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.json).toEqual({ errorMessages: [expect.stringMatching(/token/)], traceId });
  };
  const refusedInternally = async (token: string | undefined): Promise<void> => {
    const answer = await send(`${world.url}/internal/graphql`, { token, body: { query: root } });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  };

  it('lets nobody in when it is missing', async () => {
    await refusedOnGraphql(undefined, 'UNAUTHENTICATED');
    await refusedOnRest(undefined);
    await refusedInternally(undefined);
    expect(await knock(world.url, undefined)).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  it('lets nobody in when it is forged or foreign, on any door', async () => {
    for (const [what, token] of Object.entries(tokens)) {
      await refusedOnGraphql(token, 'UNAUTHENTICATED');
      await refusedOnRest(token);
      await refusedInternally(token);
      expect({ what, answer: await knock(world.url, token) }).toEqual({
        what,
        answer: { code: 4401, reason: 'Unauthorized' },
      });
    }
  });

  it('lets nobody in when it has ended, and says that it has', async () => {
    await refusedOnGraphql(ended, 'TOKEN_EXPIRED');
    await refusedOnRest(ended);
    await refusedInternally(ended);
    expect(await knock(world.url, ended)).toEqual({ code: 4403, reason: 'Token ended' });
  });

  it('lets nobody in under another scheme', async () => {
    const genuine = await accessToken(world.url, world.credentials['demo-operator']);
    for (const authorization of [genuine, `Basic ${genuine}`, `Bearer`, `Bearer ${genuine} ${genuine}`]) {
      const { status } = await send(`${world.url}/graphql`, {
        headers: { authorization },
        body: { query: root },
      });
      expect(status).toBe(401);
    }
  });

  it('has changed nothing', async () => {
    expect(await snapshotOf(world.databaseUrl)).toEqual(before);
    // The genuine one does let in: the tests above could fail.
    expect(await knock(world.url, await accessToken(world.url, world.credentials['demo-cpo']))).toBe(
      'let in',
    );
  });
});
