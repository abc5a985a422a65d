import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  CompactEncrypt,
  compactDecrypt,
  createLocalJWKSet,
  errors,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import type { Database } from '@chargegraph/database';
import { ChargeGraphError, type Clock } from '@chargegraph/service';
import { askAtTheDoor } from './ask-at-the-door.ts';
import type { Client } from './clients/client.ts';
import { opcpClaims } from './opcp-claims.ts';

/** An access token as OAuth 2.0 answers it (RFC 6749 section 5.1). */
export interface IssuedToken {
  readonly accessToken: string;
  /** Lifetime in seconds. */
  readonly expiresIn: number;
  readonly scope: string;
}

/** What a verified token says: who, until when. The rights are looked up, so that a change acts at once. */
export interface VerifiedToken {
  readonly clientId: string;
  /** Seconds since the epoch. */
  readonly expires: number;
}

/** Issues and verifies partners' access tokens: JWTs signed with ES256 by a key kept encrypted in the database. */
export interface TokenIssuer {
  /** @param audience echoed in `aud`; the issuer itself without it */
  issue(client: Client, audience?: string | readonly string[]): Promise<IssuedToken>;
  /** @throws ChargeGraphError UNAUTHENTICATED, TOKEN_EXPIRED, or UNAVAILABLE when the database does not answer */
  verify(token: string): Promise<VerifiedToken>;
  /** The public keys (RFC 7517). */
  jwks(): JSONWebKeySet;
}

/** What an issuer runs with. */
export interface IssuerOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** 32 octets that encrypt the signing keys at rest. */
  readonly masterKey: Uint8Array;
  /** The `iss` of every token: this installation's public address. */
  readonly issuer: string;
  /** What stands before the names of OPCP's claims, `https://{host}` in its documents; the issuer's origin unless given. */
  readonly claimPrefix?: string | undefined;
  /** Lifetime of a token in seconds; OPCP's clients expect a day. */
  readonly tokenLifetime: number;
}

interface KeyRow {
  readonly kid: string;
  readonly encrypted_private_key: string;
  readonly public_key: JWK;
}

const algorithm = 'ES256';
/** Least time between two looks for keys of other gateways. */
const pauseBetweenKeyReadsMs = 10_000;
/** The services of OPCP that a token opens; clients in the field look at it. */
const permissions = ['rcpservice', 'pcpservice', 'cpservice', 'ccpservice'];
const scope = permissions.join(' ');

/**
 * Opens the issuer: reads its keys, making the first one in an empty database.
 *
 * @throws Error when the master key does not decrypt the stored keys
 */
export async function openIssuer(options: IssuerOptions): Promise<TokenIssuer> {
  const { database, clock, masterKey } = options;
  const claimPrefix = options.claimPrefix ?? new URL(options.issuer).origin;
  let keys = await readKeys(database);
  if (keys.length === 0) {
    await createFirstKey(database, clock, masterKey);
    keys = await readKeys(database);
  }
  const newest = keys[0];
  if (newest === undefined) throw new Error('The token issuer has no signing key.');
  const signingKey = await decryptKey(newest, masterKey);
  let keySet = toJwks(keys);
  let keysRead = -Infinity;
  let resolveKey = createLocalJWKSet(keySet);

  const verifyOnce = (token: string) =>
    jwtVerify(token, resolveKey, {
      issuer: options.issuer,
      algorithms: [algorithm],
      requiredClaims: ['sub', 'exp'],
      currentDate: clock.now(),
    });

  return {
    async issue(client, audience) {
      const now = Math.floor(clock.now().getTime() / 1000);
      const { caller } = client;
      const accessToken = await new SignJWT({
        ...opcpClaims(client, claimPrefix),
        scope,
        permissions,
        gty: 'client-credentials',
        client_name: client.name,
        organisation: caller.organisation,
        roles: [...caller.roles],
        wmis: [...caller.wmis],
        provider_ids: [...caller.providerIds],
        azp: client.clientId,
      })
        .setProtectedHeader({ alg: algorithm, kid: newest.kid, typ: 'JWT' })
        .setIssuer(options.issuer)
        .setSubject(client.clientId)
        .setAudience(
          audience === undefined ? options.issuer : typeof audience === 'string' ? audience : [...audience],
        )
        .setIssuedAt(now)
        .setExpirationTime(now + options.tokenLifetime)
        .setJti(randomUUID())
        .sign(signingKey);
      return { accessToken, expiresIn: options.tokenLifetime, scope };
    },

    async verify(token) {
      try {
        const { payload } = await verifyOnce(token).catch(async (error: unknown) => {
          // Another gateway may have made a key since.
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
          // Tokens with made-up key ids must not each cost a look at the database.
          const now = clock.now().getTime();
          if (now - keysRead < pauseBetweenKeyReadsMs) throw error;
          keysRead = now;
          keySet = toJwks(await askAtTheDoor(readKeys(database)));
          resolveKey = createLocalJWKSet(keySet);
          return await verifyOnce(token);
        });
        return { clientId: payload.sub ?? '', expires: payload.exp ?? 0 };
      } catch (error) {
        if (error instanceof errors.JWTExpired) {
          throw new ChargeGraphError('TOKEN_EXPIRED', 'The access token has ended.', { cause: error });
        }
        if (error instanceof errors.JOSEError) {
          throw new ChargeGraphError('UNAUTHENTICATED', 'The access token is not valid here.', {
            cause: error,
          });
        }
        throw error;
      }
    },

    jwks: () => keySet,
  };
}

const readKeys = (database: Database) =>
  database.query<KeyRow>(
    'SELECT kid, encrypted_private_key, public_key FROM signing_key ORDER BY created_at DESC, kid',
  );

async function createFirstKey(database: Database, clock: Clock, masterKey: Uint8Array): Promise<void> {
  const made = await generateKeyPair(algorithm, { extractable: true });
  // Read back: while its JWK is written, a key may wait for ever for what it was generated by (Node 20).
  const privateKey = createPrivateKey(await exportPKCS8(made.privateKey));
  const publicJwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(publicJwk);
  const plaintext = new TextEncoder().encode(JSON.stringify(await exportJWK(privateKey)));
  const encrypted = await new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(masterKey);
  await database.transaction(async (tx) => {
    // Gateways that start together must agree on one key.
    await tx.execute('LOCK TABLE signing_key IN EXCLUSIVE MODE');
    await tx.execute(
      `INSERT INTO signing_key (kid, encrypted_private_key, public_key, created_at)
       SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM signing_key)`,
      [kid, encrypted, JSON.stringify({ ...publicJwk, kid, alg: algorithm, use: 'sig' }), clock.now()],
    );
  });
}

async function decryptKey(row: KeyRow, masterKey: Uint8Array): Promise<CryptoKey> {
  try {
    const { plaintext } = await compactDecrypt(row.encrypted_private_key, masterKey);
    return (await importJWK(JSON.parse(new TextDecoder().decode(plaintext)) as JWK, algorithm)) as CryptoKey;
  } catch {
    throw new Error(
      'The master key does not decrypt the token signing key: it is not the one it was made with.',
    );
  }
}

const toJwks = (rows: readonly KeyRow[]): JSONWebKeySet => ({ keys: rows.map((row) => row.public_key) });
