import { hasAnyRole } from '@chargegraph/identity';
import { ChargeGraphError, type ErrorCode } from '@chargegraph/service';
import {
  DeleteProvisioningCertificateDocument,
  HeldProvisioningCertificateDocument,
  LookUpVehicleDocument,
  PublishProvisioningCertificateDocument,
  type CertificateStatus,
  type Namespace,
} from '../../../generated/operations.ts';
import { certificateText, optionalText } from '../certificates/certificate-text.ts';
import { namedNamespace } from '../namespaces.ts';
import type { Ask, Handlers } from '../operation.ts';
import { opcpProvisioningCertificate } from './provisioning-certificate.ts';

/** PCP: the cars. */
export const provisioningCertificates = {
  addOEMProvCert: async ({ body, ask }) => {
    const subCa2 = optionalText(body.subCA2Certificate);
    const previousPcid = optionalText(body.previousPcid);
    const input = {
      vehicleCertificate: certificateText(body.vehicleCertificate, 'vehicleCertificate'),
      subCa1Certificate: certificateText(body.subCA1Certificate, 'subCa1Certificate'),
      ...(subCa2 !== undefined && { subCa2Certificate: certificateText(subCa2, 'subCa2Certificate') }),
      namespace: namedNamespace(body.xsdMsgDefNamespace) ?? 'ISO15118_2',
      ...(body.v2gRootAuthorityKeyIdentifiers != null && {
        v2gRootAuthorityKeyIdentifiers: body.v2gRootAuthorityKeyIdentifiers,
      }),
      ...(previousPcid !== undefined && { previousPcid }),
    };
    const { publishProvisioningCertificate: payload } = await ask(PublishProvisioningCertificateDocument, {
      input,
    });
    if (payload.provisioningCertificate == null) throw new Error('A published certificate is not there.');
    return { status: 200, body: opcpProvisioningCertificate(payload.provisioningCertificate) };
  },

  getOEMProvCert: async ({ params, query, caller, ask }) => {
    const asked = namedNamespace(query.xsdMsgDefNamespace);
    const found = await findCertificate(ask, params.pcid, asked === undefined ? editions : [asked]);
    // Its maker has to see what is wrong with it.
    if (!hasAnyRole(caller, ['OEM', 'OPERATOR'])) requireGood(found.verdict);
    return { status: 200, body: { OEMMessage: opcpProvisioningCertificate(found) } };
  },

  deleteOEMProvCert: async ({ params, ask }) => {
    await ask(DeleteProvisioningCertificateDocument, { input: { pcid: params.pcid } });
    return { status: 200, body: {} };
  },

  lookupVehicle: async ({ params, ask }) => {
    const { vehicleExists } = await ask(LookUpVehicleDocument, { pcid: params.pcid });
    if (!vehicleExists) throw notFound();
    return { status: 200, body: {} };
  },
} satisfies Handlers;

/** In the order in which they are looked for when none is named. */
const editions: readonly Namespace[] = ['ISO15118_2', 'ISO15118_20'];

/** One question each: an MO may name one car in an operation. */
async function findCertificate(ask: Ask, pcid: string, namespaces: readonly Namespace[]) {
  for (const namespace of namespaces) {
    const { provisioningCertificate } = await ask(HeldProvisioningCertificateDocument, { pcid, namespace });
    if (provisioningCertificate != null) return provisioningCertificate;
  }
  throw notFound();
}

const codes: Readonly<Record<Exclude<CertificateStatus, 'VALID' | 'NOT_YET_VALID'>, ErrorCode>> = {
  EXPIRED: 'CERTIFICATE_EXPIRED',
  REVOKED: 'CERTIFICATE_REVOKED',
  INVALID_CHAIN: 'CHAIN_INVALID',
};

/**
 * One that begins later is good: contracts are made for cars that are not sold yet.
 *
 * @throws ChargeGraphError with the first reason
 */
function requireGood({
  status,
  reasons,
}: {
  readonly status: CertificateStatus;
  readonly reasons: readonly string[];
}): void {
  if (status === 'VALID' || status === 'NOT_YET_VALID') return;
  throw new ChargeGraphError(
    codes[status],
    reasons[0] ?? 'The OEM provisioning certificate is no longer valid.',
  );
}

/** OPCP's sentence. */
const notFound = () =>
  new ChargeGraphError('NOT_FOUND', 'The OEM provisioning certificate with given PCID is not found.');
