import { createHash } from 'node:crypto';
import { BitWriter } from '../exi/bit-writer.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { encodeSignedInfo } from '../xmldsig/encode.ts';
import type { SignedInfo } from '../xmldsig/model.ts';
import { encodeSignedCertificateChain, encodeSignedInstallationData } from './encode-types.ts';
import type { SignedCertificateChain, SignedInstallationData } from './model.ts';

/**
 * The elements that can be encoded as an EXI fragment (EXI 1.0, 8.5.2), with the fields of each. `SignedInfo` is the
 * form to sign; the one in parentheses only serves to verify what others signed (see {@link iso20Variants}).
 */
export interface Iso20FragmentFields {
  OEMProvisioningCertificateChain: SignedCertificateChain;
  SignedInstallationData: SignedInstallationData;
  SignedInfo: SignedInfo;
  'SignedInfo(iso20 schema)': SignedInfo;
}

/** The name of a fragment (EXI 1.0, 8.5.2). */
export type Iso20FragmentName = keyof Iso20FragmentFields;

interface FragmentGrammar<Fields> {
  /** The element's code among the elements of the fragment, and the code of the fragment's end. */
  readonly code: number;
  readonly end: number;
  /** Bits of both. */
  readonly width: number;
  readonly encode: (writer: BitWriter, fields: Fields) => void;
}

/** CommonMessages, CommonTypes and XML Signature together. */
const COMMON_MESSAGES_SCHEMA = { end: 282, width: 9 } as const;
/** SignedInfo is encoded with the XML Signature schema alone. */
const XMLDSIG_SCHEMA = { end: 46, width: 6 } as const;

const grammars: { readonly [Name in Iso20FragmentName]: FragmentGrammar<Iso20FragmentFields[Name]> } = {
  OEMProvisioningCertificateChain: {
    ...COMMON_MESSAGES_SCHEMA,
    code: 128,
    encode: encodeSignedCertificateChain,
  },
  SignedInstallationData: { ...COMMON_MESSAGES_SCHEMA, code: 231, encode: encodeSignedInstallationData },
  SignedInfo: { ...XMLDSIG_SCHEMA, code: 32, encode: encodeSignedInfo },
  'SignedInfo(iso20 schema)': { ...COMMON_MESSAGES_SCHEMA, code: 230, encode: encodeSignedInfo },
};

/** All names of fragments (EXI 1.0, 8.5.2). */
export const iso20FragmentNames = Object.keys(grammars) as Iso20FragmentName[];

/** The hash functions that digests of ISO 15118-20 messages use, as node:crypto names them. */
export type DigestHash = 'sha512' | 'sha256';

/**
 * Encodes one element as an EXI fragment (EXI 1.0, 8.5.2): the octets that a digest or a signature is made over.
 * @throws {@link ExiError} for a value that the schema does not allow.
 */
export function encodeIso20Fragment<Name extends Iso20FragmentName>(
  name: Name,
  fields: Iso20FragmentFields[Name],
): Uint8Array {
  const grammar: FragmentGrammar<Iso20FragmentFields[Name]> = grammars[name];
  const writer = new BitWriter();
  writer.bits(EXI_HEADER, 8);
  writer.bits(grammar.code, grammar.width);
  grammar.encode(writer, fields);
  writer.bits(grammar.end, grammar.width);
  return writer.finish();
}

/**
 * The hash of a fragment, SHA-512 unless told: the DigestValue of a reference to the element
 * (XML Signature 4.4.3.6).
 */
export function digestIso20Fragment<Name extends Iso20FragmentName>(
  name: Name,
  fields: Iso20FragmentFields[Name],
  hash: DigestHash = 'sha512',
): Uint8Array {
  return new Uint8Array(createHash(hash).update(encodeIso20Fragment(name, fields)).digest());
}
