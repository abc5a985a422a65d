import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Doors } from '@chargegraph/cli';
import { issueProvisioningCertificate, toPem, type IssuedCertificate } from '@chargegraph/pki';
import { requestOf } from '../harness/car-requests.ts';
import { startTestEcosystem, type TestEcosystem } from '../harness/ecosystem.ts';
import { newPcid, publishCarInput, signNewContract } from '../harness/parties.ts';

let world: TestEcosystem;
let oem: Doors;
let mo: Doors;
let cpo: Doors;
let operator: Doors;
let car: IssuedCertificate;
let pcid: string;

beforeAll(async () => {
  world = await startTestEcosystem();
  const names = ['demo-oem', 'demo-mo', 'demo-cpo', 'demo-operator'] as const;
  const [first, second, third, fourth] = await Promise.all(names.map((name) => world.doors(name)));
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error('a door is missing');
  [oem, mo, cpo, operator] = [first, second, third, fourth];
  pcid = newPcid();
  car = await issueProvisioningCertificate(world.pki, { pcid });
  const published = await oem.graphql(
    `mutation ($input: PublishProvisioningCertificateInput!) {
       publishProvisioningCertificate(input: $input) { userErrors { message } }
     }`,
    { input: publishCarInput(world.pki, car.certificate) },
  );
  expect(published).toEqual({ publishProvisioningCertificate: { userErrors: [] } });
  await signNewContract(mo, world.pki, { pcid });
}, 60_000);
afterAll(() => world.stop());

interface Read {
  readonly provisioningCertificate: {
    readonly verdict: { readonly status: string };
    readonly rootCertificate: { readonly type: string } | null;
  };
}

const read = async (doors: Doors) => {
  const { provisioningCertificate } = await doors.graphql<Read>(
    `query ($pcid: PCID!) {
       provisioningCertificate(pcid: $pcid) { verdict { status } rootCertificate { type } }
     }`,
    { pcid },
  );
  return [provisioningCertificate.verdict.status, provisioningCertificate.rootCertificate?.type ?? null];
};

const deliver = async () => {
  const certificateInstallationReq = await requestOf(world.pki, car.certificate, car.privateKey);
  const { requestCertificateInstallation: answer } = await cpo.graphql<{
    requestCertificateInstallation: { outcome: string };
  }>(
    `mutation ($input: RequestCertificateInstallationInput!) {
       requestCertificateInstallation(input: $input) { outcome }
     }`,
    { input: { certificateInstallationReq } },
  );
  return answer.outcome;
};

describe('a root', () => {
  it('links to the provisioning certificates below it, as far as they may be listed', async () => {
    const below = async (doors: Doors) => {
      const { rootCertificate } = await doors.graphql<{
        rootCertificate: { type: string; provisioningCertificates: { totalCount: number } };
      }>(
        `query ($root: SHA256Fingerprint!, $pcid: PCID!) {
           rootCertificate(fingerprint: $root) {
             type
             provisioningCertificates(first: 1, where: { pcid: [$pcid] }) {
               totalCount
               nodes { pcid rootCertificate { fingerprint } contracts(first: 1) { totalCount } }
             }
           }
         }`,
        { root: world.pki.oemRoot.certificate.fingerprint, pcid },
      );
      return rootCertificate;
    };
    const expected = {
      type: 'OEM',
      provisioningCertificates: {
        totalCount: 1,
        nodes: [
          {
            pcid,
            rootCertificate: { fingerprint: world.pki.oemRoot.certificate.fingerprint },
            contracts: { totalCount: 1 },
          },
        ],
      },
    };
    expect(await below(oem)).toEqual(expected);
    expect(await below(operator)).toEqual(expected);
    await expect(below(mo)).rejects.toThrow('None of your roles may use');
  });

  it('that is removed leaves its cars where they are, marked and not delivered to, until it is back', async () => {
    expect(await read(oem)).toEqual(['VALID', 'OEM']);
    expect(await deliver()).toBe('DELIVERED');

    const { certificate } = world.pki.oemRoot;
    const removed = await operator.graphql(
      `mutation ($input: RemoveRootCertificateInput!) {
         removeRootCertificate(input: $input) { removedFingerprint userErrors { message } }
       }`,
      { input: { fingerprint: certificate.fingerprint, reason: 'Its key was lost.' } },
    );
    expect(removed).toEqual({
      removeRootCertificate: { removedFingerprint: certificate.fingerprint, userErrors: [] },
    });
    for (const doors of [oem, mo, operator]) expect(await read(doors)).toEqual(['INVALID_CHAIN', null]);
    expect(await deliver()).toBe('CHAIN_ERROR');

    await operator.graphql(
      `mutation ($input: AddRootCertificateInput!) {
         addRootCertificate(input: $input) { userErrors { message } }
       }`,
      { input: { certificate: toPem(certificate), type: 'OEM' } },
    );
    expect(await read(oem)).toEqual(['VALID', 'OEM']);
    expect(await deliver()).toBe('DELIVERED');
  });
});
