import { IdentifierError, parsePcid, type Pcid } from '@chargegraph/iso15118';
import { parseCertificate, type Certificate } from '@chargegraph/pki';
import { ChargeGraphError } from '@chargegraph/service';
import { canonicalKeyIdentifiers } from './key-identifiers.ts';
import type { Namespace } from './provisioning-certificate.ts';

/** What a car maker sends, as it is sent. Certificates are PEM or base64 of DER. */
export interface SubmissionInput {
  readonly vehicleCertificate: string;
  /** The sub-CA below the root, or the only one. */
  readonly subCa1Certificate: string;
  readonly subCa2Certificate?: string | undefined;
  readonly namespace: Namespace;
  readonly v2gRootAuthorityKeyIdentifiers?: readonly string[] | undefined;
  readonly previousPcid?: string | undefined;
}

/** The fields of {@link SubmissionInput} that hold certificates. */
export type CertificateField = 'vehicleCertificate' | 'subCa1Certificate' | 'subCa2Certificate';

/** A submission that could be read; nothing in it is believed yet. */
export interface Submission {
  readonly pcid: Pcid;
  readonly namespace: Namespace;
  readonly leaf: Certificate;
  /** As far from the root as they were said to be: the second sub-CA first, when there are two. */
  readonly subCas: readonly Certificate[];
  readonly v2gRootKeyIdentifiers: readonly string[];
  readonly previousPcid: string | undefined;
  /** From which field a certificate came, to name it in a refusal. */
  fieldOf(certificate: Certificate): CertificateField | undefined;
}

/**
 * Reads a submission: its certificates, and the PCID, which is the common name of the car's certificate.
 *
 * @throws ChargeGraphError CERTIFICATE_INVALID or BAD_INPUT, with OPCP's sentences
 */
export function readSubmission(input: SubmissionInput): Submission {
  const leaf = readCertificate(input.vehicleCertificate, 'vehicleCertificate');
  const subCa1 = readCertificate(input.subCa1Certificate, 'subCa1Certificate');
  const subCa2 =
    input.subCa2Certificate === undefined
      ? undefined
      : readCertificate(input.subCa2Certificate, 'subCa2Certificate');
  const pcid = readPcid(leaf.commonName ?? '', 'vehicleCertificate');
  if (input.previousPcid !== undefined) readPcid(input.previousPcid, 'previousPcid');
  const fields = new Map<Certificate, CertificateField>([
    [leaf, 'vehicleCertificate'],
    [subCa1, 'subCa1Certificate'],
  ]);
  if (subCa2 !== undefined) fields.set(subCa2, 'subCa2Certificate');
  return {
    pcid,
    namespace: input.namespace,
    leaf,
    subCas: subCa2 === undefined ? [subCa1] : [subCa2, subCa1],
    v2gRootKeyIdentifiers: canonicalKeyIdentifiers(input.v2gRootAuthorityKeyIdentifiers ?? []),
    previousPcid: input.previousPcid,
    fieldOf: (certificate) => fields.get(certificate),
  };
}

/**
 * The canonical form of a PCID.
 *
 * @param field the input field it stands in
 * @throws ChargeGraphError BAD_INPUT with the rule it breaks
 */
export function readPcid(text: string, field: string): Pcid {
  try {
    return parsePcid(text);
  } catch (cause) {
    if (!(cause instanceof IdentifierError)) throw cause;
    throw new ChargeGraphError('BAD_INPUT', cause.message, { path: [field], cause });
  }
}

function readCertificate(text: string, field: CertificateField): Certificate {
  try {
    const certificate = parseCertificate(text);
    // Key and extensions are read at their first use; a certificate in which they are malformed does not parse.
    void certificate.curve;
    void certificate.isCa;
    return certificate;
  } catch (cause) {
    if (!(cause instanceof ChargeGraphError)) throw cause;
    throw new ChargeGraphError('CERTIFICATE_INVALID', `Invalid certificate format on ${field}`, {
      path: [field],
      cause,
    });
  }
}
