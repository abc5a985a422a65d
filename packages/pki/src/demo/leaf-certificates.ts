import type { KeyObject } from 'node:crypto';
import { ChargeGraphError } from '@chargegraph/service';
import { generateEcKeyPair } from '../generate-key-pair.ts';
import type { Certificate } from '../certificate.ts';
import { profileRules } from '../profile-rules.ts';
import type { Subject } from '../certificate-parts.ts';
import { addYears, minimumDate } from './dates.ts';
import { demoSubject, type DemoPki } from './demo-pki.ts';
import { issueCertificate, type IssuedCertificate } from './issue-certificate.ts';

/** A car's provisioning certificate. */
export interface ProvisioningCertificateRequest {
  /** Becomes the common name, as it is spelt. */
  readonly pcid: string;
  /** The car's key; made on the issuer's curve if there is none. */
  readonly publicKey?: KeyObject;
  /** The issuer's by default. */
  readonly notBefore?: Date;
  /** 15 years after `notBefore`, but not after the issuer's end, by default. */
  readonly notAfter?: Date;
  /** Addresses of OCSP responders; the issuer's first one unless given. */
  readonly ocspUrls?: readonly string[];
  /** Addresses of CRLs; none unless given. */
  readonly crlUrls?: readonly string[];
}

/** A contract certificate. */
export interface ContractCertificateRequest {
  /** Becomes the common name, as it is spelt. */
  readonly emaid: string;
  readonly notBefore: Date;
  /** Not after the issuer's end. */
  readonly notAfter: Date;
  /** The contract's key; made on the issuer's curve if there is none. */
  readonly publicKey?: KeyObject;
  /** Addresses of OCSP responders; the issuer's first one unless given. */
  readonly ocspUrls?: readonly string[];
  /** Addresses of CRLs; none unless given. */
  readonly crlUrls?: readonly string[];
}

/** A certificate for a key whose private half somebody else holds. */
export interface CertificateOnly {
  readonly certificate: Certificate;
}

interface WithPublicKey {
  readonly publicKey: KeyObject;
}

/** A car may be repaired for longer than a contract runs. */
const provisioningYears = 15;

/**
 * Issues a car's provisioning certificate (ISO 15118-2 annex F, OEM leaf; for -20 the same on the issuer's curve) under the OEM's second sub-CA, or under
 * the CA given.
 *
 * @throws ChargeGraphError('BAD_INPUT') if it would outlive its issuer
 */
export function issueProvisioningCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ProvisioningCertificateRequest & WithPublicKey,
): Promise<CertificateOnly>;
export function issueProvisioningCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ProvisioningCertificateRequest & { readonly publicKey?: never },
): Promise<IssuedCertificate>;
export async function issueProvisioningCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ProvisioningCertificateRequest,
): Promise<CertificateOnly> {
  const ca = 'oem' in issuer ? issuer.oem.subCa2 : issuer;
  const notBefore = request.notBefore ?? ca.certificate.notBefore;
  const notAfter =
    request.notAfter ?? minimumDate(addYears(notBefore, provisioningYears), ca.certificate.notAfter);
  return issueLeaf('OEM_LEAF', ca, demoSubject(request.pcid, 'OEM'), { ...request, notBefore, notAfter });
}

/**
 * Issues a contract certificate (ISO 15118-2 annex F) under the MO's second sub-CA below its own root, or under
 * the CA given, e.g. `pki.v2gMo.subCa2`.
 *
 * @throws ChargeGraphError('BAD_INPUT') if it would outlive its issuer
 */
export function issueContractCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ContractCertificateRequest & WithPublicKey,
): Promise<CertificateOnly>;
export function issueContractCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ContractCertificateRequest & { readonly publicKey?: never },
): Promise<IssuedCertificate>;
export async function issueContractCertificate(
  issuer: DemoPki | IssuedCertificate,
  request: ContractCertificateRequest,
): Promise<CertificateOnly> {
  const ca = 'mo' in issuer ? issuer.mo.subCa2 : issuer;
  return issueLeaf('CONTRACT_LEAF', ca, demoSubject(request.emaid, 'MO'), request);
}

async function issueLeaf(
  role: 'OEM_LEAF' | 'CONTRACT_LEAF',
  issuer: IssuedCertificate,
  subject: Subject,
  request: Omit<ContractCertificateRequest, 'emaid'>,
): Promise<CertificateOnly | IssuedCertificate> {
  const ca = issuer.certificate;
  const { notBefore, notAfter, publicKey, crlUrls = [] } = request;
  if (notBefore < ca.notBefore || notAfter > ca.notAfter || notAfter <= notBefore) {
    const message = `The validity does not lie within that of the issuer ${ca.subject}.`;
    throw new ChargeGraphError('BAD_INPUT', message);
  }
  const namedCurve = issuer.privateKey.asymmetricKeyDetails?.namedCurve ?? 'P-256';
  const made = publicKey === undefined ? generateEcKeyPair(namedCurve) : { publicKey };
  const certificate = await issueCertificate({
    subject,
    publicKey: made.publicKey,
    issuer: ca,
    signingKey: issuer.privateKey,
    notBefore,
    notAfter,
    ca: false,
    keyUsage: profileRules[role].keyUsage,
    ocspUrls: request.ocspUrls ?? ca.ocspUrls.slice(0, 1),
    crlUrls,
  });
  return 'privateKey' in made ? { certificate, privateKey: made.privateKey } : { certificate };
}
