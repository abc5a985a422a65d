// A CA with its certificates and a checker over a fake clock, for the tests of this folder.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ManualClock, silentLogger } from '@chargegraph/service';
import type { Certificate } from '../certificate.ts';
import {
  issueCertificate,
  type CertificateRequest,
  type IssuedCertificate,
} from '../demo/issue-certificate.ts';
import { createRevocationChecker, type NetworkParts } from './checker.ts';
import type { KeepingSettings, NetworkSettings } from './settings.ts';
import type { RevocationChecker } from './status.ts';

/** Certificates have no milliseconds. */
export const start = new Date(Math.floor(Date.now() / 1000) * 1000);

const day = 86_400_000;
export const minute = 60_000;

export function keyOn(namedCurve = 'P-256'): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve });
}

export async function makeCa(
  more: Partial<CertificateRequest> & { readonly curve?: string } = {},
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = keyOn(more.curve);
  const certificate = await issueCertificate({
    subject: { commonName: 'Test CA', organization: 'Test' },
    publicKey,
    signingKey: privateKey,
    notBefore: new Date(start.getTime() - day),
    notAfter: new Date(start.getTime() + 30 * day),
    ca: {},
    keyUsage: ['keyCertSign', 'cRLSign'],
    ...more,
  });
  return { certificate, privateKey };
}

export async function makeLeaf(
  ca: IssuedCertificate,
  more: Partial<CertificateRequest> = {},
): Promise<Certificate> {
  return (await makeSigner(ca, { subject: { commonName: 'leaf' }, keyUsage: ['digitalSignature'], ...more }))
    .certificate;
}

/** Something that the CA certified, with its key. */
export async function makeSigner(
  ca: IssuedCertificate,
  more: Partial<CertificateRequest> = {},
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = keyOn();
  const certificate = await issueCertificate({
    subject: { commonName: 'Test Responder' },
    publicKey,
    issuer: ca.certificate,
    signingKey: ca.privateKey,
    notBefore: new Date(start.getTime() - day),
    notAfter: new Date(start.getTime() + 10 * day),
    ca: false,
    ...more,
  });
  return { certificate, privateKey };
}

export interface CheckerScene {
  readonly clock: ManualClock;
  readonly checker: RevocationChecker;
}

/** A checker that may ask 127.0.0.1. */
export function makeChecker(
  network: NetworkSettings = {},
  parts: NetworkParts = {},
  keeping: KeepingSettings = {},
): CheckerScene {
  const clock = new ManualClock(start);
  const checker = createRevocationChecker(
    { clock, logger: silentLogger, network: { privateAddresses: 'allow', ...network }, keeping },
    parts,
  );
  return { clock, checker };
}
