import { ecdhCurveOf, isP256Point, type EcdhCurve, type EncryptedPrivateKey } from '@chargegraph/iso15118';
import { ChargeGraphError } from '@chargegraph/service';
import type { Namespace } from './signer.ts';

/** A contract's private key, wrapped for a car, as it is handed in. */
export interface WrappedKeyInput {
  /** Initialisation vector and ciphertext, in ISO 15118-20 with the tag. */
  readonly encryptedPrivateKey: Uint8Array;
  /** The ephemeral public key it was wrapped with. */
  readonly dhPublicKey: Uint8Array;
}

/** A contract's private key, wrapped for a car, as a message of its generation carries it. */
export type WrappedKey =
  | {
      readonly namespace: 'ISO15118_2';
      readonly encryptedPrivateKey: Uint8Array;
      readonly dhPublicKey: Uint8Array;
    }
  | {
      readonly namespace: 'ISO15118_20';
      readonly encryptedPrivateKey: EncryptedPrivateKey;
      readonly ecdhCurve: EcdhCurve;
      readonly dhPublicKey: Uint8Array;
    };

/** Octets of an encrypted private key in ISO 15118-2, 7.9.2.4. */
const iso2Size = 48;

/** By their length, the encrypted keys of SignedInstallationData (ISO 15118-20, V2G_CI_CommonMessages.xsd). */
const iso20Kinds: ReadonlyMap<number, EncryptedPrivateKey['kind']> = new Map([
  [94, 'SECP521'],
  [84, 'X448'],
  [206, 'TPM'],
]);

/** The curves of contract certificates whose key is encrypted so. */
const iso20Curves: Readonly<Record<EncryptedPrivateKey['kind'], readonly string[]>> = {
  SECP521: ['P-521'],
  X448: ['X448', 'Ed448'],
  TPM: ['P-521', 'X448', 'Ed448'],
};

const refuse = (field: keyof WrappedKeyInput, message: string) =>
  new ChargeGraphError('BAD_INPUT', message, { path: [field] });

/**
 * Checks sizes and the ephemeral key. Whether the right key was wrapped for the right car, only the car can find out.
 *
 * @param contractCurve that of the contract certificate's key
 * @throws ChargeGraphError BAD_INPUT naming the field
 */
export function readWrappedKey(
  namespace: Namespace,
  input: WrappedKeyInput,
  contractCurve: string,
): WrappedKey {
  return namespace === 'ISO15118_2' ? readIso2(input) : readIso20(input, contractCurve);
}

function readIso2({ encryptedPrivateKey, dhPublicKey }: WrappedKeyInput): WrappedKey {
  if (encryptedPrivateKey.length !== iso2Size) {
    throw refuse('encryptedPrivateKey', 'The encrypted private key must have 48 octets in ISO 15118-2.');
  }
  if (!isP256Point(dhPublicKey)) {
    throw refuse('dhPublicKey', 'The DH public key must be an uncompressed point on P-256, 65 octets.');
  }
  return { namespace: 'ISO15118_2', encryptedPrivateKey, dhPublicKey };
}

function readIso20({ encryptedPrivateKey, dhPublicKey }: WrappedKeyInput, contractCurve: string): WrappedKey {
  const kind = iso20Kinds.get(encryptedPrivateKey.length);
  if (kind === undefined) {
    throw refuse(
      'encryptedPrivateKey',
      'The encrypted private key must have 94 octets for a key on P-521 in ISO 15118-20, 84 for one of X448, 206 for a TPM.',
    );
  }
  if (!iso20Curves[kind].includes(contractCurve)) {
    throw refuse(
      'encryptedPrivateKey',
      `The encrypted private key has the size of a key of ${kind}; the contract certificate's is one of ${contractCurve}.`,
    );
  }
  const ecdhCurve = ecdhCurveOf(dhPublicKey);
  if (ecdhCurve === undefined) {
    throw refuse(
      'dhPublicKey',
      'The DH public key must be an uncompressed point on P-521, 133 octets, or a public key of X448, 57 octets.',
    );
  }
  return {
    namespace: 'ISO15118_20',
    encryptedPrivateKey: { kind, value: encryptedPrivateKey },
    ecdhCurve,
    dhPublicKey,
  };
}
