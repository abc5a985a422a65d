import { generateKeyPairSync } from 'node:crypto';
import {
  issueCertificate,
  parseCertificate,
  toPem,
  type Certificate,
  type IssuedCertificate,
} from '@chargegraph/pki';

/** Issues a leaf as it is asked for, be it within the profile or not; by default a signer's. */
export async function issueLeaf(
  issuer: IssuedCertificate,
  request: {
    readonly commonName: string;
    readonly notBefore: Date;
    readonly notAfter: Date;
    readonly curve?: string;
    readonly organization?: string;
    readonly ocspUrls?: readonly string[];
  },
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: request.curve ?? 'P-256' });
  const { commonName, organization = 'Test', notBefore, notAfter } = request;
  const certificate = await issueCertificate({
    subject: { commonName, organization, country: 'DE', domainComponent: 'CPS' },
    publicKey,
    issuer: issuer.certificate,
    signingKey: issuer.privateKey,
    notBefore,
    notAfter,
    ca: false,
    keyUsage: ['digitalSignature'],
    ...(request.ocspUrls && { ocspUrls: request.ocspUrls }),
  });
  return { certificate, privateKey };
}

/** The certificate as PEM with its signature, which stands at its end, made wrong. */
export function tampered({ der }: Certificate): string {
  const octets = Uint8Array.from(der);
  const last = octets.length - 1;
  octets[last] = (octets[last] ?? 0) ^ 1;
  return toPem(parseCertificate(octets));
}
