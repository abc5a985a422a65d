import { parseCertificate } from '@chargegraph/pki';
import type { components } from '../../../generated/opcp.ts';
import type { ListCpsSignersQuery } from '../../../generated/operations.ts';
import { opcpName, organisationOf } from '../certificates/certificate-facts.ts';
import { derText } from '../certificates/certificate-text.ts';
import { opcpNamespace } from '../namespaces.ts';
import { rootCertificateId } from '../root-certificates/root-id.ts';

/** A signer as the graph tells it. */
export type HeldSigner = ListCpsSignersQuery['cpsSigners']['nodes'][number];

/**
 * A signer as OPCP's answers have it; nothing for one that can sign nothing now. The names of OPCP's schema and those of its
 * example are both there.
 */
export function opcpSigner(held: HeldSigner): components['schemas']['CpsSigner'][] {
  if (held.rootCertificate == null || held.verdict.status !== 'VALID') return [];
  const signer = parseCertificate(held.certificate.pem);
  const root = parseCertificate(held.rootCertificate.certificate.pem);
  const subCas = held.subCaCertificates.map(({ pem }) => parseCertificate(pem));
  const subCa1 = derText(subCas.at(-1) ?? root);
  const [below] = subCas.slice(0, -1);
  const subCa2 = below === undefined ? undefined : derText(below);
  const organizationName = organisationOf(signer);
  return [
    {
      cpsDistinguishedName: opcpName(signer.subject),
      cpsCertificate: derText(signer),
      validFrom: signer.notBefore.toISOString(),
      validTo: signer.notAfter.toISOString(),
      ...(organizationName !== undefined && { organizationName }),
      cpsV2GRootCertificateFingerprint: root.fingerprint,
      cpsRootCertificateId: rootCertificateId(root.fingerprint),
      cpsRootDistinguishedName: opcpName(root.subject),
      cpsSubCa1Certificate: subCa1,
      cpsCa1Certificate: subCa1,
      ...(subCa2 !== undefined && { cpsSubCa2Certificate: subCa2, cpsCa2Certificate: subCa2 }),
      xsdMsgDefNamespace: opcpNamespace[held.namespace],
    },
  ];
}
