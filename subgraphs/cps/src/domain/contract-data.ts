import { createHash } from 'node:crypto';
import { emaidParts, fitsIso2Emaid, providerIdOf, type EmaidParts } from '@chargegraph/iso15118';
import { ownsContract, type Caller } from '@chargegraph/identity';
import type { Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import {
  profileWarnings,
  readCertificate,
  readSubCas,
  requireChain,
  requireLeafProfile,
  requireStrictProfile,
  requireSubCaProfiles,
} from './certificates.ts';
import { editions } from './edition.ts';
import type { Namespace } from './signer.ts';
import type { Strictness } from './strictness.ts';
import { readWrappedKey, type WrappedKey, type WrappedKeyInput } from './wrapped-key.ts';

/** Contract data as it is handed in. */
export interface ContractDataInput extends WrappedKeyInput {
  /** PEM, or DER in base64. Its common name is the EMAID. */
  readonly contractCertificate: string;
  /** In any order; one to four, in ISO 15118-20 one to three. */
  readonly subCaCertificates: readonly string[];
  readonly namespace: Namespace;
}

/** Contract data that can be signed, but for its chain. */
export interface ContractData {
  readonly certificate: Certificate;
  readonly subCas: readonly Certificate[];
  readonly emaid: EmaidParts;
  readonly wrappedKey: WrappedKey;
}

const leafField = 'contractCertificate';

/**
 * Reads contract data and checks all that needs no other pool: format, profile, dates of the certificate, EMAID and
 * whose it is, sizes.
 *
 * @throws ChargeGraphError BAD_INPUT, CERTIFICATE_INVALID, CERTIFICATE_EXPIRED; FORBIDDEN for an EMAID under
 *   another operator's provider id
 */
export function readContractData(input: ContractDataInput, caller: Caller, now: Date): ContractData {
  const { namespace } = input;
  const edition = editions[namespace];
  const certificate = readCertificate(input.contractCertificate, leafField);
  const subCas = readSubCas(input.subCaCertificates, 1, edition);
  requireLeafProfile(certificate, 'CONTRACT_LEAF', leafField, edition);
  requireSubCaProfiles(subCas, edition);
  const emaid = readEmaid(certificate.commonName ?? '', namespace);
  requireOwnEmaid(emaid, caller);
  if (certificate.notAfter <= now) {
    const message = 'The validUntil date of contract certificate is in the past.';
    throw new ChargeGraphError('CERTIFICATE_EXPIRED', message, { path: [leafField] });
  }
  const wrappedKey = readWrappedKey(namespace, input, certificate.curve);
  return { certificate, subCas, emaid, wrappedKey };
}

/**
 * Refuses an EMAID that is another operator's.
 *
 * @throws ChargeGraphError FORBIDDEN
 */
export function requireOwnEmaid({ identity }: EmaidParts, caller: Caller): void {
  if (ownsContract(caller, providerIdOf(identity))) return;
  throw new ChargeGraphError('FORBIDDEN', 'The EMAID does not begin with one of your provider ids.');
}

/** ISO 15118-2 has room for 15 characters; ISO 15118-20 has the EMAID in the certificate alone. */
const lengths: Readonly<Record<Namespace, string>> = { ISO15118_2: '14 or 15', ISO15118_20: '14 to 36' };

function readEmaid(commonName: string, namespace: Namespace): EmaidParts {
  let emaid: EmaidParts | undefined;
  try {
    emaid = emaidParts(commonName);
  } catch {
    // Refused below, as are those that only ISO 15118-20 has room for.
  }
  if (emaid !== undefined && (namespace === 'ISO15118_20' || fitsIso2Emaid(emaid.spelling))) return emaid;
  throw new ChargeGraphError(
    'CERTIFICATE_INVALID',
    `The common name of the contract certificate is not an EMAID of ${lengths[namespace]} characters.`,
    { path: [leafField] },
  );
}

/** Contract data whose chain holds. */
export interface VerifiedContractData extends ContractData {
  /** The contract certificate first, its root last. */
  readonly path: readonly Certificate[];
  /** What is shown of it to who had it signed: departures from the profile and a wrong check digit, one sentence each. */
  readonly warnings: readonly string[];
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
  {
    now,
    namespace,
    strictness,
  }: { readonly now: Date; readonly namespace: Namespace; readonly strictness: Strictness },
): VerifiedContractData {
  const { certificate: leaf, subCas, emaid } = data;
  const { path, root } = requireChain({ leaf, leafField, subCas, roots, at: now });
  const inOrder = path.slice(1, -1);
  const chain = {
    certificate: leaf,
    subCas: inOrder,
    root,
    role: 'CONTRACT_LEAF' as const,
    edition: editions[namespace],
  };
  requireStrictProfile(chain, strictness.profile, leafField);
  return {
    ...data,
    path,
    subCas: inOrder,
    warnings: [...profileWarnings(chain), ...checkDigitWarnings(emaid)],
  };
}

const checkDigitWarnings = ({ spelling, checkDigitValid }: EmaidParts): string[] =>
  checkDigitValid ? [] : [`The check digit of the EMAID ${spelling} is wrong.`];

/**
 * Refuses a wrong check digit (ISO 15118-2 annex H), if the service is strict.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID
 */
export function requireCheckDigit(emaid: EmaidParts, strictness: Strictness): void {
  const [warning] = strictness.emaidCheckDigit === 'strict' ? checkDigitWarnings(emaid) : [];
  if (warning !== undefined)
    throw new ChargeGraphError('CERTIFICATE_INVALID', warning, { path: [leafField] });
}

/** SHA-256 over what is signed beside EMAID and contract certificate: sub-CAs, wrapped key, ephemeral public key. */
export function inputDigest({ subCas, wrappedKey }: ContractData): Uint8Array {
  const { encryptedPrivateKey: key, dhPublicKey } = wrappedKey;
  const hash = createHash('sha256')
    .update('kind' in key ? key.value : key)
    .update(dhPublicKey);
  for (const { fingerprint } of subCas) hash.update(fingerprint);
  return hash.digest();
}
