import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  createDemoPki,
  issueCertificate,
  toPem,
  type Certificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { startRcp, type TestRcp } from './rcp.fixture.ts';

/** When every test begins. */
export const now = new Date('2026-11-01T12:00:00Z');
/** Milliseconds. */
export const day = 86_400_000;
/** Set by {@link prepareRoots}, as is the PKI. */
export let pool: TestRcp;
export let pki: DemoPki;

/** Has a pool started for the file's tests, and emptied before each. */
export function prepareRoots(options?: Parameters<typeof startRcp>[1]): void {
  beforeAll(async () => {
    [pool, pki] = await Promise.all([startRcp(now, options), createDemoPki({ now })]);
  });
  afterAll(() => pool.stop());
  beforeEach(async () => {
    await pool.clear();
    pool.clock.set(now);
  });
}

const addMutation = /* GraphQL */ `
  mutation Add($certificate: PEM!, $type: RootType!) {
    addRootCertificate(input: { certificate: $certificate, type: $type }) {
      rootCertificate {
        id
        fingerprint
        type
        addedAt
        certificate {
          pem
          subject
        }
        verdict {
          status
          reasons
        }
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

/** What the mutation answers. */
export interface AddPayload {
  rootCertificate: {
    id: string;
    fingerprint: string;
    type: string;
    addedAt: string;
    certificate: { pem: string; subject: string };
    verdict: { status: string; reasons: string[] };
  } | null;
  userErrors: { code: string; message: string; path: string[] | null }[];
}

/** Adds a root as the operator, or as another role. */
export async function add(certificate: Certificate | string, type = 'OEM', role = 'OPERATOR') {
  const text = typeof certificate === 'string' ? certificate : toPem(certificate);
  const response = await pool.execute(role, addMutation, { certificate: text, type });
  return { ...response, payload: response.data?.['addRootCertificate'] as AddPayload | undefined };
}

/** How many roots the pool holds. */
export const count = async () =>
  (await pool.database.query<{ count: number }>('SELECT count(*)::int AS count FROM root_certificate'))[0]
    ?.count;

/** What a test is about in a root. */
interface RootOptions {
  lifetimeDays?: number;
  notBefore?: Date;
  curve?: string;
  ca?: false;
  keyUsage?: false;
  ocspUrls?: readonly string[];
}

/** Makes a self-signed root; only what a test is about differs from a good one. */
export const makeRoot = async (name: string, options?: RootOptions): Promise<Certificate> =>
  (await issueRoot(name, options)).certificate;

/** The same with its key. */
export async function issueRoot(name: string, options: RootOptions = {}): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: options.curve ?? 'P-256' });
  const notBefore = options.notBefore ?? new Date(now.getTime() - day);
  const certificate = await issueCertificate({
    subject: { commonName: name, domainComponent: 'OEM' },
    publicKey,
    signingKey: privateKey,
    notBefore,
    notAfter: new Date(notBefore.getTime() + (options.lifetimeDays ?? 3650) * day),
    ca: options.ca ?? {},
    ...(options.keyUsage !== false && { keyUsage: ['keyCertSign', 'cRLSign'] }),
    ...(options.ocspUrls && { ocspUrls: options.ocspUrls }),
  });
  return { certificate, privateKey };
}
