import { createHash } from 'node:crypto';
import { BitWriter } from '../exi/bit-writer.ts';
import { EXI_HEADER } from '../exi/header.ts';
import { UNBOUNDED } from '../exi/limits.ts';
import { writeText } from '../exi/text.ts';
import { encodeSignedInfo } from '../xmldsig/encode.ts';
import type { SignedInfo } from '../xmldsig/model.ts';
import { encodeCertificateInstallationReq, encodeCertificateUpdateReq } from './encode-body.ts';
import { encodeCertificateChain, encodeIdentifiedBinary, encodeIdentifiedText } from './encode-types.ts';
import type {
  CertificateChain,
  CertificateInstallationReq,
  CertificateUpdateReq,
  IdentifiedBinary,
  IdentifiedText,
} from './model.ts';

/**
 * The elements that can be encoded as an EXI fragment (EXI 1.0, 8.5.2), with the fields of each. `eMAID` and `SignedInfo` are the
 * forms to sign; the two in parentheses only serve to verify what others signed (see {@link iso2Variants}).
 */
export interface Iso2FragmentFields {
  CertificateInstallationReq: Omit<CertificateInstallationReq, 'type'>;
  CertificateUpdateReq: Omit<CertificateUpdateReq, 'type'>;
  ContractSignatureCertChain: CertificateChain;
  ContractSignatureEncryptedPrivateKey: IdentifiedBinary;
  DHpublickey: IdentifiedBinary;
  eMAID: IdentifiedText;
  'eMAID(strict type, libcbv2g)': IdentifiedText;
  SignedInfo: SignedInfo;
  'SignedInfo(iso2 schema)': SignedInfo;
}

/** The name of a fragment (EXI 1.0, 8.5.2). */
export type Iso2FragmentName = keyof Iso2FragmentFields;

interface FragmentGrammar<Fields> {
  /** The element's code among the elements of the fragment, and the code of the fragment's end. */
  readonly code: number;
  readonly end: number;
  /** Bits of both. */
  readonly width: number;
  readonly encode: (writer: BitWriter, fields: Fields) => void;
}

const ISO2_SCHEMA = { end: 244, width: 8 } as const;
/** SignedInfo is encoded with the XML Signature schema alone (ISO 15118-2, 7.9.2.4). */
const XMLDSIG_SCHEMA = { end: 46, width: 6 } as const;

const grammars: { readonly [Name in Iso2FragmentName]: FragmentGrammar<Iso2FragmentFields[Name]> } = {
  CertificateInstallationReq: { ...ISO2_SCHEMA, code: 15, encode: encodeCertificateInstallationReq },
  CertificateUpdateReq: { ...ISO2_SCHEMA, code: 17, encode: encodeCertificateUpdateReq },
  ContractSignatureCertChain: { ...ISO2_SCHEMA, code: 33, encode: encodeCertificateChain },
  ContractSignatureEncryptedPrivateKey: { ...ISO2_SCHEMA, code: 34, encode: encodeEncryptedKey },
  DHpublickey: { ...ISO2_SCHEMA, code: 45, encode: encodeDhKey },
  eMAID: { ...ISO2_SCHEMA, code: 236, encode: encodeRelaxedEmaid },
  'eMAID(strict type, libcbv2g)': { ...ISO2_SCHEMA, code: 236, encode: encodeStrictEmaid },
  SignedInfo: { ...XMLDSIG_SCHEMA, code: 32, encode: encodeSignedInfo },
  'SignedInfo(iso2 schema)': { ...ISO2_SCHEMA, code: 208, encode: encodeSignedInfo },
};

/** All names of fragments (EXI 1.0, 8.5.2). */
export const iso2FragmentNames = Object.keys(grammars) as Iso2FragmentName[];

/**
 * Encodes one element as an EXI fragment (EXI 1.0, 8.5.2): the octets that a digest or a signature is made over.
 * @throws {@link ExiError} for a value that the schema does not allow; the length of eMAID is not looked at, so
 *   that what others signed can be verified.
 */
export function encodeFragment<Name extends Iso2FragmentName>(
  name: Name,
  fields: Iso2FragmentFields[Name],
): Uint8Array {
  const grammar: FragmentGrammar<Iso2FragmentFields[Name]> = grammars[name];
  const writer = new BitWriter();
  writer.bits(EXI_HEADER, 8);
  writer.bits(grammar.code, grammar.width);
  grammar.encode(writer, fields);
  writer.bits(grammar.end, grammar.width);
  return writer.finish();
}

/** The SHA-256 of a fragment: the DigestValue of a reference to the element (ISO 15118-2, 7.9.2.4). */
export function digestFragment<Name extends Iso2FragmentName>(
  name: Name,
  fields: Iso2FragmentFields[Name],
): Uint8Array {
  return new Uint8Array(createHash('sha256').update(encodeFragment(name, fields)).digest());
}

/** Productions of the relaxed grammar: the attribute Id of the message schema, and untyped characters. */
const RELAXED_BITS = 9;
const RELAXED_ID = 4;
const RELAXED_CHARACTERS = 256;
const RELAXED_END = 244;
const RELAXED_END_BITS = 8;

/**
 * The schema declares eMAID twice, with two types, so as the root of a fragment it has the schema-informed
 * element fragment grammar, which allows every attribute and element of the schema (EXI 1.0, 8.5.3).
 */
function encodeRelaxedEmaid(writer: BitWriter, emaid: IdentifiedText): void {
  writer.bits(RELAXED_ID, RELAXED_BITS);
  writeText(writer, emaid.id, UNBOUNDED, 'eMAID Id');
  writer.bits(RELAXED_CHARACTERS, RELAXED_BITS);
  writeText(writer, emaid.value, UNBOUNDED, 'eMAID');
  writer.bits(RELAXED_END, RELAXED_END_BITS);
}

function encodeEncryptedKey(writer: BitWriter, key: IdentifiedBinary): void {
  encodeIdentifiedBinary(writer, key, 'ContractSignatureEncryptedPrivateKey');
}

function encodeDhKey(writer: BitWriter, key: IdentifiedBinary): void {
  encodeIdentifiedBinary(writer, key, 'DHpublickey');
}

function encodeStrictEmaid(writer: BitWriter, emaid: IdentifiedText): void {
  encodeIdentifiedText(writer, emaid, 'eMAID');
}
