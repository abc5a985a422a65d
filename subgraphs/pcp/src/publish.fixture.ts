import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import {
  createDemoPki,
  issueCertificate,
  issueProvisioningCertificate,
  toPem,
  type Certificate,
  type DemoPki,
  type IssuedCertificate,
} from '@chargegraph/pki';
import { partner, startPcp, type TestPcp } from './pcp.fixture.ts';

/** When every test begins. */
export const now = new Date('2026-11-01T12:00:00Z');
/** Milliseconds. */
export const day = 86_400_000;
const year = 365 * day;
/** The car, in mixed case. */
export const pcid = 'WDBtest0000000001';
/** The car's maker. */
export const oem = partner('OEM', ['WDB', 'WDC']);
/** Set by {@link preparePublishing}, as are the PKI and the car's certificate below its OEM. */
export let pool: TestPcp;
export let pki: DemoPki;
/** The branch of ISO 15118-20. */
export let pki20: DemoPki;
export let leaf: IssuedCertificate;

/** Has a pool with roots started for the file's tests, and emptied before each. */
export function preparePublishing(options?: Parameters<typeof startPcp>[1]): void {
  beforeAll(async () => {
    [pool, pki, pki20] = await Promise.all([
      startPcp(now, options),
      createDemoPki({ now }),
      createDemoPki({ now, edition: '-20' }),
    ]);
    leaf = await issueProvisioningCertificate(pki, { pcid });
  });
  afterAll(() => pool.stop());
  beforeEach(async () => {
    await pool.clear();
    pool.clock.set(now);
    pool.outage.on = false;
    pool.asked.length = 0;
    pool.roots.clear();
    pool.roots.set(pki.v2gRoot.certificate, 'V2G').set(pki.moRoot.certificate, 'MO');
    pool.roots.set(await anotherRoot(), 'OEM').set(pki.oemRoot.certificate, 'OEM');
    pool.roots.set(pki20.oemRoot.certificate, 'OEM');
  });
}

const mutation = (verb: 'publish' | 'update') => /* GraphQL */ `
  mutation Accept($input: ${verb === 'publish' ? 'Publish' : 'Update'}ProvisioningCertificateInput!) {
    ${verb}ProvisioningCertificate(input: $input) {
      provisioningCertificate {
        id
        pcid
        wmi
        namespace
        certificate {
          fingerprint
          subject
          pem
        }
        subCaCertificates {
          fingerprint
        }
        rootCertificate {
          __typename
          id
        }
        verdict {
          status
          reasons
          source
          checkedAt
        }
        v2gRootAuthorityKeyIdentifiers
        previousPcid
        publishedAt
        updatedAt
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
export interface Payload {
  provisioningCertificate: Record<string, unknown> | null;
  userErrors: { code: string; message: string; path: string[] | null }[];
}

/** A certificate as PEM. */
export const pem = (certificate: Certificate | IssuedCertificate) =>
  toPem('privateKey' in certificate ? certificate.certificate : certificate);

/** What is published unless a test says otherwise. */
const good = () => ({
  vehicleCertificate: pem(leaf),
  subCa1Certificate: pem(pki.oem.subCa1),
  subCa2Certificate: pem(pki.oem.subCa2),
});

/** Publishes the good chain with changes to the input. */
export async function publish(changes: Record<string, unknown> = {}, caller = oem) {
  const response = await pool.execute(caller, mutation('publish'), { input: { ...good(), ...changes } });
  return {
    ...response,
    payload: response.data?.['publishProvisioningCertificate'] as Payload | undefined,
  };
}

/** Updates to the good chain with changes to the input. */
export async function update(changes: Record<string, unknown> = {}, caller = oem) {
  const response = await pool.execute(caller, mutation('update'), { input: { ...good(), ...changes } });
  return {
    ...response,
    payload: response.data?.['updateProvisioningCertificate'] as Payload | undefined,
  };
}

/** What the mutations that take a car answer. */
export interface CarPayload {
  deletedPcid?: string | null;
  deletedNamespaces?: string[];
  provisioningCertificates?: { pcid: string; namespace: string }[];
  userErrors: Payload['userErrors'];
}

const carMutations = {
  deleteProvisioningCertificate: ['DeleteProvisioningCertificateInput', 'deletedPcid deletedNamespaces'],
  factoryResetVehicle: ['FactoryResetVehicleInput', 'provisioningCertificates { pcid namespace }'],
} as const;

/** Runs a mutation that takes a car. */
export async function changeCar(
  name: keyof typeof carMutations,
  input: { pcid: string; namespace?: string },
  caller = oem,
) {
  const [type, fields] = carMutations[name];
  const response = await pool.execute(
    caller,
    `mutation Change($input: ${type}!) {
       ${name}(input: $input) { ${fields} userErrors { code message path } }
     }`,
    { input },
  );
  return { ...response, payload: response.data?.[name] as CarPayload | undefined };
}

/** The car's chain of ISO 15118-20 as it is published. */
export const inputOf20 = (car: { readonly certificate: Certificate }, chain: DemoPki) => ({
  vehicleCertificate: pem(car.certificate),
  subCa1Certificate: pem(chain.oem.subCa1),
  subCa2Certificate: pem(chain.oem.subCa2),
  namespace: 'ISO15118_20',
});

/** Publishes what has to be accepted. */
export async function published(changes: Record<string, unknown> = {}) {
  const { payload, errors } = await publish(changes);
  expect(errors).toBeUndefined();
  expect(payload?.userErrors).toEqual([]);
  return payload?.provisioningCertificate ?? {};
}

/** Issues a certificate; by default a car's leaf under the OEM's second sub-CA. */
export async function issue(
  options: {
    name?: string;
    issuer?: IssuedCertificate | 'self';
    ca?: { pathLength?: number };
    curve?: string;
    notBefore?: Date;
    notAfter?: Date;
    keyUsage?: false;
    ocspUrls?: readonly string[];
    crlUrls?: readonly string[];
  } = {},
): Promise<IssuedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: options.curve ?? 'P-256' });
  const issuer = options.issuer ?? pki.oem.subCa2;
  const certificate = await issueCertificate({
    subject: { commonName: options.name ?? pcid, domainComponent: 'OEM' },
    publicKey,
    signingKey: issuer === 'self' ? privateKey : issuer.privateKey,
    ...(issuer !== 'self' && { issuer: issuer.certificate }),
    notBefore: options.notBefore ?? new Date(now.getTime() - 3_600_000),
    notAfter: options.notAfter ?? new Date(now.getTime() + year),
    ca: options.ca ?? false,
    ...(options.ocspUrls && { ocspUrls: options.ocspUrls }),
    ...(options.crlUrls && { crlUrls: options.crlUrls }),
    ...(options.keyUsage !== false && {
      keyUsage: options.ca === undefined ? ['digitalSignature', 'keyAgreement'] : ['keyCertSign', 'cRLSign'],
    }),
  });
  return { certificate, privateKey };
}

const anotherRoot = async () => (await issue({ name: 'Another Root', issuer: 'self', ca: {} })).certificate;

/** The certificate with the last bit of its signature turned over. */
export function tampered({ certificate }: IssuedCertificate): string {
  const der = Buffer.from(certificate.der);
  der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
  return der.toString('base64');
}
