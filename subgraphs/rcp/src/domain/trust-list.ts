import { signCms, type Certificate, type IssuingCa } from '@chargegraph/pki';
import type { Clock } from '@chargegraph/service';
import type { RootCertificate, RootPool } from './root-certificates.ts';

/** The trusted roots, signed. */
export interface SignedTrustList {
  /** JSON. */
  readonly content: string;
  /** CMS SignedData over the content, which it holds. */
  readonly signedData: Uint8Array;
  readonly signerCertificate: Certificate;
  readonly issuedAt: Date;
}

const pageSize = 100;

/** Signs the roots that are in their dates now, those of all types, in the order they were added. */
export async function signTrustList(
  roots: Pick<RootPool, 'page'>,
  signer: IssuingCa,
  clock: Clock,
): Promise<SignedTrustList> {
  const now = clock.now();
  const held = (await allRoots(roots)).filter(
    ({ certificate: { notBefore, notAfter } }) => notBefore <= now && now < notAfter,
  );
  const content = JSON.stringify({ issuedAt: now.toISOString(), rootCertificates: held.map(entry) });
  const signedData = await signCms(signer, Buffer.from(content), now);
  return { content, signedData, signerCertificate: signer.certificate, issuedAt: now };
}

const entry = ({ type, certificate }: RootCertificate) => ({
  rootType: type,
  fingerprint: certificate.fingerprint,
  distinguishedName: certificate.subject,
  validFrom: certificate.notBefore.toISOString(),
  validTo: certificate.notAfter.toISOString(),
  caCertificate: Buffer.from(certificate.der).toString('base64'),
});

async function allRoots(roots: Pick<RootPool, 'page'>): Promise<RootCertificate[]> {
  const all: RootCertificate[] = [];
  for (let from: readonly string[] | undefined; ;) {
    const page = await roots.page(
      {},
      { by: 'addedAt', descending: false },
      { backward: false, limit: pageSize, from },
    );
    all.push(...page.slice(0, pageSize));
    const last = all.at(-1);
    if (page.length <= pageSize || last === undefined) return all;
    from = [last.addedAt.toISOString(), last.certificate.fingerprint];
  }
}
