import type { CertificateFields } from '@chargegraph/graph';
import type { ProvisioningCertificate } from '../domain/provisioning-certificate.ts';

/** What resolvers of `ProvisioningCertificate` are given. */
export type ProvisioningCertificateSource = ProvisioningCertificate;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
