import { readFileSync } from 'node:fs';
import type { Iso2FragmentName } from './fragment.ts';

/** The folder of the cross-checked vectors; undefined where there is none. */
export const vectorsFolder = process.env['ISO15118_VECTORS'];

/** A row of the vectors; each file and section uses some of the fields. */
export interface VectorRow {
  readonly name: string;
  readonly schema?: string;
  readonly exiBase64: string;
  readonly message?: unknown;
  readonly fragmentName?: Iso2FragmentName;
  readonly fields?: unknown;
  readonly sha256?: string;
  readonly sha256_of_SignedInfo_fragment?: string;
  readonly consumedBytes?: number;
  readonly reencodeIdentical?: boolean;
  readonly digests?: Readonly<Record<string, { readonly element: string; readonly ok: boolean }>>;
  readonly signatureOverXmldsigSignedInfo?: boolean;
  readonly signatureOverIso2SignedInfo?: boolean;
  readonly emaidFragmentSha256?: { readonly relaxed: string; readonly strict: string };
}

/** A file of the vectors' folder; empty where there is none, for suites that are skipped then. */
export function loadVectors(file: string): unknown {
  return vectorsFolder === undefined
    ? {}
    : (JSON.parse(readFileSync(`${vectorsFolder}/${file}`, 'utf8')) as unknown);
}

/** A section of the generated vectors. */
export function publicVectors(section: string): readonly VectorRow[] {
  return (loadVectors('vectors-public.json') as Record<string, VectorRow[]>)[section] ?? [];
}

/** The captures and samples from systems in the field, all editions. */
export function allCaptures(): readonly VectorRow[] {
  const rows = loadVectors('real-vectors.json');
  return Array.isArray(rows) ? (rows as VectorRow[]) : [];
}

/** Those of ISO 15118-2. */
export function captures(): readonly VectorRow[] {
  return allCaptures().filter(({ schema }) => schema === 'iso15118-2');
}

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export function toBase64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
