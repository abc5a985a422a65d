import type { CertificateFields, Connection } from '@chargegraph/graph';
import type { RootCertificate } from '../domain/root-certificates.ts';

/** What resolvers of `RootCertificate` are given. */
export type RootCertificateSource = RootCertificate;
/** What resolvers of `RootCertificateConnection` are given. */
export type RootCertificateConnectionSource = Connection<RootCertificate>;
/** What resolvers of `Certificate` are given. */
export type CertificateSource = CertificateFields;
