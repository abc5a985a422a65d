import { createHash } from 'node:crypto';
import { emaidParts, fitsIso2Emaid, isP256Point, providerIdOf, type EmaidParts } from '@chargegraph/iso15118';
import { ownsContract, type Caller } from '@chargegraph/identity';
import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import {
  readCertificate,
  readSubCas,
  requireChain,
  requireLeafProfile,
  requireSubCaProfiles,
} from './certificates.ts';
import { refuseOtherNamespace } from './namespace.ts';
import type { Namespace } from './signer.ts';

/** Contract data as it is handed in. */
export interface ContractDataInput {
  /** PEM, or DER in base64. Its common name is the EMAID. */
  readonly contractCertificate: string;
  /** In any order; one to four. */
  readonly subCaCertificates: readonly string[];
  /** Initialisation vector and ciphertext: 48 octets (ISO 15118-2, 7.9.2.4). */
  readonly encryptedPrivateKey: Uint8Array;
  /** Uncompressed point on P-256: 65 octets. */
  readonly dhPublicKey: Uint8Array;
  readonly namespace: Namespace;
}

/** Contract data that can be signed, but for its chain. */
export interface ContractData {
  readonly certificate: Certificate;
  readonly subCas: readonly Certificate[];
  readonly emaid: EmaidParts;
  readonly encryptedPrivateKey: Uint8Array;
  readonly dhPublicKey: Uint8Array;
}

const leafField = 'contractCertificate';
const encryptedPrivateKeySize = 48;

/**
 * Reads contract data and checks all that needs no other pool: format, profile, dates of the certificate, EMAID and
 * whose it is, sizes.
 *
 * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED; FORBIDDEN for an EMAID under
 *   another operator's provider id
 */
export function readContractData(input: ContractDataInput, caller: Caller, now: Date): ContractData {
  refuseOtherNamespace(input.namespace);
  const certificate = readCertificate(input.contractCertificate, leafField);
  const subCas = readSubCas(input.subCaCertificates, 1);
  requireLeafProfile(certificate, 'CONTRACT_LEAF', leafField);
  requireSubCaProfiles(subCas);
  const emaid = readEmaid(certificate.commonName ?? '');
  if (!ownsContract(caller, providerIdOf(emaid.identity))) {
    throw new ChargeGraphError('FORBIDDEN', 'The EMAID does not begin with one of your provider ids.');
  }
  if (certificate.notAfter <= now) {
    const message = 'The validUntil date of contract certificate is in the past.';
    throw new ChargeGraphError('CERTIFICATE_EXPIRED', message, { path: [leafField] });
  }
  const { encryptedPrivateKey, dhPublicKey } = input;
  if (encryptedPrivateKey.length !== encryptedPrivateKeySize) {
    throw new ChargeGraphError('BAD_INPUT', 'The encrypted private key must have 48 octets in ISO 15118-2.', {
      path: ['encryptedPrivateKey'],
    });
  }
  if (!isP256Point(dhPublicKey)) {
    throw new ChargeGraphError(
      'BAD_INPUT',
      'The DH public key must be an uncompressed point on P-256, 65 octets.',
      {
        path: ['dhPublicKey'],
      },
    );
  }
  return { certificate, subCas, emaid, encryptedPrivateKey, dhPublicKey };
}

function readEmaid(commonName: string): EmaidParts {
  let emaid: EmaidParts | undefined;
  try {
    emaid = emaidParts(commonName);
  } catch {
    // Refused below, as are those that only ISO 15118-20 has room for.
  }
  if (emaid !== undefined && fitsIso2Emaid(emaid.spelling)) return emaid;
  throw new ChargeGraphError(
    'CERTIFICATE_INVALID',
    'The common name of the contract certificate is not an EMAID of 14 or 15 characters.',
    { path: [leafField] },
  );
}

/**
 * Verifies the contract's chain and puts its sub-CAs in order, the issuer of the contract certificate first.
 *
 * @param roots the MO and V2G roots
 * @throws ChargeGraphError CERTIFICATE_EXPIRED, ROOT_UNKNOWN, CERTIFICATE_INVALID or CHAIN_INVALID
 */
export function withVerifiedChain(
  data: ContractData,
  roots: readonly Certificate[],
  now: Date,
): ContractData {
  const { certificate: leaf, subCas } = data;
  const { path } = requireChain({ leaf, leafField, subCas, roots, at: now });
  return { ...data, subCas: path.slice(1, -1) };
}

/** SHA-256 over what is signed beside EMAID and contract certificate: sub-CAs, wrapped key, ephemeral public key. */
export function inputDigest({ subCas, encryptedPrivateKey, dhPublicKey }: ContractData): Uint8Array {
  const hash = createHash('sha256').update(encryptedPrivateKey).update(dhPublicKey);
  for (const { fingerprint } of subCas) hash.update(fingerprint);
  return hash.digest();
}
