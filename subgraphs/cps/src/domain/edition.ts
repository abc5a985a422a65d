import type { Namespace } from './signer.ts';

/** What differs between the generations of the standard. */
export interface Edition {
  /** For sentences. */
  readonly name: string;
  /** Whose certificate profile applies. */
  readonly profile: '-2' | '-20';
  /** Most sub-CAs a chain may have (SubCertificatesType of either schema). */
  readonly maximumSubCas: number;
  /** Curves of keys that the service can sign with. */
  readonly signingCurves: readonly string[];
  /** OpenSSL's name of the curve of the contract keys that the service makes. */
  readonly contractCurve: string;
}

/** The generations that the service signs for. ISO 15118-20 knows Ed448 too, which the messages' codec does not sign. */
export const editions: Readonly<Record<Namespace, Edition>> = {
  ISO15118_2: {
    name: 'ISO 15118-2',
    profile: '-2',
    maximumSubCas: 4,
    signingCurves: ['P-256'],
    contractCurve: 'P-256',
  },
  ISO15118_20: {
    name: 'ISO 15118-20',
    profile: '-20',
    maximumSubCas: 3,
    signingCurves: ['P-521'],
    contractCurve: 'P-521',
  },
};
