// @peculiar/x509 needs the metadata polyfill before its first line runs, so it is imported here and only here.
import 'reflect-metadata';

export {
  AsnEcSignatureFormatter,
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  Extension,
  Name,
} from '@peculiar/x509';
