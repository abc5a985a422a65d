import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChargeGraphError } from '@chargegraph/service';
import { writeFileAtomically } from './atomic-file.ts';
import type { KeyStore } from './key-store.ts';
import { canSign, signData } from './sign-data.ts';

/** Where the keys lie and what opens them. */
export interface EncryptedFileKeyStoreOptions {
  /** One file `<ref>.pem` a key; made if it is not there, readable by its owner alone. */
  readonly folder: string;
  /** Encrypts every key; not empty. */
  readonly passphrase: string;
}

const referencePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * A key store in a folder: PKCS#8 PEM files encrypted with AES-256-CBC under one passphrase, mode 0600. A key is
 * decrypted at its first use and stays in memory.
 */
export class EncryptedFileKeyStore implements KeyStore {
  readonly #folder: string;
  readonly #passphrase: string;
  readonly #keys = new Map<string, Promise<KeyPair>>();

  /** @throws ChargeGraphError('BAD_INPUT') for an empty passphrase */
  constructor(options: EncryptedFileKeyStoreOptions) {
    if (options.passphrase === '') {
      throw new ChargeGraphError('BAD_INPUT', 'The passphrase of the key store is empty.');
    }
    this.#folder = options.folder;
    this.#passphrase = options.passphrase;
  }

  async publicKey(ref: string): Promise<KeyObject> {
    return (await this.#key(ref)).publicKey;
  }

  async sign(ref: string, data: Uint8Array): Promise<Uint8Array> {
    return signData((await this.#key(ref)).privateKey, data);
  }

  /**
   * Stores a private key under `ref`. The same key again changes nothing.
   *
   * @throws ChargeGraphError BAD_INPUT for a wrong reference or a key that can't sign; CONFLICT if another key
   *   has that reference (a key is never overwritten); UNAVAILABLE if the folder can't be written
   */
  async importKey(ref: string, privateKey: KeyObject): Promise<void> {
    const path = this.#path(ref);
    if (!canSign(privateKey)) {
      throw new ChargeGraphError('BAD_INPUT', `The key for "${ref}" is no private key that can sign.`);
    }
    const pem = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: this.#passphrase,
    });
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFileAtomically(path, pem.toString(), { mode: 0o600, exclusive: true });
    } catch (cause) {
      if (!hasCode(cause, 'EEXIST')) {
        throw new ChargeGraphError('UNAVAILABLE', `The key "${ref}" cannot be stored.`, { cause });
      }
      if (!(await this.publicKey(ref)).equals(createPublicKey(privateKey))) {
        throw new ChargeGraphError('CONFLICT', `The key store has another key "${ref}" already.`);
      }
    }
  }

  #key(ref: string): Promise<KeyPair> {
    const known = this.#keys.get(ref);
    if (known !== undefined) return known;
    const loading = this.#load(ref);
    this.#keys.set(ref, loading);
    // What failed may have been put right by the next call.
    loading.catch(() => this.#keys.delete(ref));
    return loading;
  }

  async #load(ref: string): Promise<KeyPair> {
    const path = this.#path(ref);
    let pem: Buffer;
    try {
      pem = await readFile(path);
    } catch (cause) {
      const what = hasCode(cause, 'ENOENT') ? 'is not in the key store' : 'cannot be read';
      throw new ChargeGraphError('SIGNER_UNAVAILABLE', `The key "${ref}" ${what}.`, { cause });
    }
    try {
      const privateKey = createPrivateKey({ key: pem, format: 'pem', passphrase: this.#passphrase });
      return { privateKey, publicKey: createPublicKey(privateKey) };
    } catch (cause) {
      const message = `The key "${ref}" cannot be decrypted: its file is damaged or the passphrase is wrong.`;
      throw new ChargeGraphError('SIGNER_UNAVAILABLE', message, { cause });
    }
  }

  #path(ref: string): string {
    if (!referencePattern.test(ref)) {
      throw new ChargeGraphError(
        'BAD_INPUT',
        'The key reference is not 1 to 64 letters a-z, digits and hyphens.',
      );
    }
    return join(this.#folder, `${ref}.pem`);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
