import { createHash, randomBytes } from 'node:crypto';

/** A new client secret: 256 random bits. */
export const makeSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of a secret. It cannot be guessed, so a slow hash would protect nothing. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
