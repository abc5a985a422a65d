import { loadVectors } from '../iso2/vectors.fixture.ts';
import type { Iso20FragmentName } from './fragment.ts';

/** A row of the vectors of ISO 15118-20; each file and section uses some of the fields. */
export interface Iso20VectorRow {
  readonly name: string;
  readonly schema?: string;
  readonly exiBase64: string;
  readonly message?: unknown;
  readonly fragmentName?: Iso20FragmentName;
  readonly fields?: unknown;
  readonly sha256?: string;
  readonly sha512?: string;
  readonly digestOk?: boolean;
  readonly signatureOverXmldsigSignedInfo?: boolean;
}

/** A section of the generated vectors. */
export function iso20Vectors(section: 'iso20messages' | 'iso20fragments'): readonly Iso20VectorRow[] {
  return (loadVectors('vectors-public.json') as Record<string, Iso20VectorRow[]>)[section] ?? [];
}

/** The captures from systems in the field that are of ISO 15118-20. */
export function iso20Captures(): readonly Iso20VectorRow[] {
  const rows = loadVectors('real-vectors.json');
  return (Array.isArray(rows) ? (rows as Iso20VectorRow[]) : []).filter(
    ({ schema }) => schema === 'iso15118-20',
  );
}
