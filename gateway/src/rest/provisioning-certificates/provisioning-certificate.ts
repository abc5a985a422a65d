import { parseCertificate } from '@chargegraph/pki';
import type { components } from '../../../generated/opcp.ts';
import type { Namespace } from '../../../generated/operations.ts';
import { keyIdentifier, opcpName, opcpSerialNumber, withColons } from '../certificates/certificate-facts.ts';
import { derText } from '../certificates/certificate-text.ts';
import { opcpNamespace } from '../namespaces.ts';

interface Pem {
  readonly pem: string;
}

/** A car's certificate as the graph tells it. */
export interface HeldCertificate {
  readonly namespace: Namespace;
  readonly certificate: Pem;
  /** The one that issued the car's certificate first. */
  readonly subCaCertificates: readonly Pem[];
  readonly rootCertificate?: { readonly certificate: Pem } | null | undefined;
  readonly v2gRootAuthorityKeyIdentifiers: readonly string[];
  readonly previousPcid?: string | null | undefined;
}

/** A car's certificate as OPCP's answers have it. */
export function opcpProvisioningCertificate(
  held: HeldCertificate,
): components['schemas']['ProvisioningCertificateData'] {
  const vehicle = parseCertificate(held.certificate.pem);
  const [subCa1 = vehicle, subCa2] = held.subCaCertificates.map(({ pem }) => parseCertificate(pem)).reverse();
  const root =
    held.rootCertificate == null ? undefined : parseCertificate(held.rootCertificate.certificate.pem);
  const keyIdentifiers = held.v2gRootAuthorityKeyIdentifiers;
  return {
    subCA1Certificate: derText(subCa1),
    ...(subCa2 !== undefined && { subCA2Certificate: derText(subCa2) }),
    vehicleCertificate: derText(vehicle),
    xsdMsgDefNamespace: opcpNamespace[held.namespace],
    rootIssuerDistinguishedName: opcpName(root?.subject ?? subCa1.issuer),
    ...(root !== undefined && {
      rootIssuerSerialNumber: opcpSerialNumber(root),
      rootAuthorityKeyIdentifier: withColons(keyIdentifier(root)),
    }),
    ...(keyIdentifiers.length > 0 && { v2gRootAuthorityKeyIdentifiers: [...keyIdentifiers] }),
    fingerprint: vehicle.fingerprint,
    ...(held.previousPcid != null && { previousPcid: held.previousPcid }),
  };
}
